from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestDecisions(ValidationCase):
    def _events(self, bill):
        return bill.sudo().validation_request_id.event_ids.sorted("sequence").mapped("type")

    def _notes(self, bill):
        return "\n".join(str(body) for body in bill.sudo().message_ids.sorted("id").mapped("body"))

    # ---- the way through

    def test_submitted_approved_twice_and_posted(self):
        bill = self._create_bill()
        self.assertFalse(bill.with_user(self.contributor).action_submit("please"))
        self.assertEqual((bill.validation_state, bill.validation_policy_id), ("pending", self.policy))
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.manager)
        self.assertFalse(bill.with_user(self.manager).action_approve())
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.controller)
        bill.with_user(self.controller).action_approve("good")
        bill = bill.sudo()
        self.assertEqual((bill.validation_state, bill.state), ("approved", "draft"))
        self.assertFalse(bill.validation_waiting_user_ids)
        self.assertEqual(bill.validation_participant_ids, self.contributor | self.manager | self.controller)
        self.assertEqual(self._events(bill), ["submitted", "opened", "approved", "opened", "approved", "closed"])
        bill.with_user(self.finance).action_post()
        self.assertEqual(bill.state, "posted")

    def test_chatter_tells_every_transition(self):
        bill = self._create_bill()
        bill.with_user(self.contributor).action_submit("<b>please</b>")
        self._approve(bill, self.manager)
        bill.with_user(self.controller).action_return("wrong account")
        notes = self._notes(bill)
        for part in (
            "Submitted for validation under the policy “Marketing bills”",
            "&lt;b&gt;please&lt;/b&gt;",
            "Waiting for Manager (level “Manager”)",
            "Approved at level “Manager”",
            "Waiting for Controller (level “Finance”)",
            "Returned for correction at level “Finance”",
            "wrong account",
            "returned to Contributor",
        ):
            self.assertIn(part, notes)
        bill.with_user(self.contributor).action_submit()
        bill.with_user(self.contributor).action_cancel_validation("mistake")
        self.assertIn("The validation was cancelled", self._notes(bill))
        self.assertIn("mistake", self._notes(bill))

    def test_chatter_is_written_whatever_the_context(self):
        bill = self._create_bill()
        silent = {
            "tracking_disable": True,
            "mail_notrack": True,
            "mail_create_nolog": True,
            "mail_activity_automation_skip": True,
        }
        bill.with_user(self.contributor).with_context(**silent).action_submit()
        self.assertIn("Submitted for validation", self._notes(bill))
        self.assertEqual(self._get_activities(bill), ["Manager"])

    def test_returned_corrected_and_submitted_again(self):
        bill = self._create_bill()
        first = self._submit(bill)
        bill.with_user(self.manager).action_return(" too much ")
        self.assertEqual(first.event_ids.sorted("sequence")[-2].comment, "too much")
        self.assertEqual((first.state, bill.validation_state), ("returned", "returned"))
        bill.with_user(self.contributor).invoice_line_ids.price_unit = 500
        second = self._submit(bill)
        self.assertNotEqual(first, second)
        self.assertEqual((first.state, second.state), ("returned", "pending"))
        self.assertEqual((first.amount, second.amount), (1000, 500))
        self.assertEqual(bill.sudo().validation_request_ids, first | second)
        self._approve(bill, self.manager, self.controller)
        self.assertEqual(bill.validation_state, "approved")

    def test_return_at_the_second_level_closes_everything(self):
        bill = self._create_bill()
        request = self._submit(bill)
        self._approve(bill, self.manager)
        bill.with_user(self.controller).action_return("no")
        self.assertEqual(request.step_ids.sorted("sequence").mapped("state"), ["approved", "returned"])
        self.assertFalse(request.waiting_user_ids)
        self.assertFalse(bill.sudo().validation_waiting_user_ids)

    def test_rejection_is_final(self):
        bill = self._create_bill()
        request = self._submit(bill)
        bill.with_user(self.manager).action_reject("fraud")
        self.assertEqual(request.step_ids.sorted("sequence").mapped("state"), ["rejected", "cancelled"])
        for user in (self.contributor, self.finance):
            self.assertRefused(UserError, "rejected, which is final", bill.with_user(user).action_submit)
        self.assertRefused(UserError, "rejected", bill.with_user(self.finance).action_post)
        bill.with_user(self.finance).button_cancel()
        self.assertEqual(bill.state, "cancel")

    def test_cancelled_by_the_submitter_or_accounting_and_submitted_again(self):
        bill = self._create_bill()
        for user in (self.contributor, self.finance):
            request = self._submit(bill)
            bill.with_user(user).action_cancel_validation("wait")
            self.assertEqual((request.state, bill.validation_state), ("cancelled", "cancelled"))
            self.assertFalse(bill.sudo().validation_waiting_user_ids)
        self.assertEqual(self._submit(bill).state, "pending")
        for user in (self.manager, self.reader):
            self.assertRefused(UserError, "Only Contributor", bill.with_user(user).action_cancel_validation)

    def test_approved_and_changed_is_submitted_again(self):
        bill = self._create_approved()
        self.assertRefused(UserError, "already approved as it stands", bill.with_user(self.finance).action_submit)
        bill.invoice_line_ids.price_unit = 2000
        self.assertTrue(bill.validation_content_changed)
        self.assertEqual(self._submit(bill, self.finance).state, "pending")

    def test_approval_in_the_wizard(self):
        bill = self._create_bill()
        self._submit(bill)
        wizard = self.env["account.validation.decision.wizard"].with_user(self.manager)
        action = bill.with_user(self.manager).with_context(default_outcome="return").action_open_decision_wizard()
        wizard = wizard.with_context(**action["context"]).create({})
        self.assertTrue(wizard.comment_required)
        self.assertRefused(UserError, "Say what has to be corrected", wizard.action_confirm)
        wizard.comment = "again"
        wizard.action_confirm()
        self.assertEqual(bill.sudo().validation_state, "returned")

    # ---- many at once

    def test_many_are_submitted_with_a_report(self):
        good = self._create_bill() | self._create_bill()
        pending = self._create_bill()
        self._submit(pending)
        uncovered = self._create_bill(self.finance, self.logistics)
        action = (good | pending | uncovered).with_user(self.finance).action_submit()
        self.assertEqual(good.mapped("validation_state"), ["pending", "pending"])
        message = action["params"]["message"]
        self.assertIn("Invoices submitted: 2.", message)
        self.assertIn("already being validated: it waits for Manager", message)
        self.assertIn("No policy asks for its validation", message)

    def test_many_refused_for_one_reason_share_a_line(self):
        good, pending = self._create_bill(), self._create_bill()
        self._submit(pending)
        uncovered = self.env["account.move"].union(
            *(self._create_bill(self.finance, self.logistics, ref=f"U-{number}") for number in range(7))
        )
        action = (good | pending | uncovered).with_user(self.finance).action_submit()
        done, already, rest = action["params"]["message"].split("\n")
        self.assertEqual(done, "Invoices submitted: 1.")
        self.assertEqual(already.partition(": ")[0], pending._get_validation_title())
        self.assertEqual(rest.partition(": ")[0], "U-0, U-1, U-2, U-3, U-4 and 2 others")
        self.assertEqual(action["params"]["className"], "text-prewrap")
        with self.assertRaises(UserError) as refused:
            (pending | uncovered).with_user(self.finance).action_submit()
        self.assertEqual(refused.exception.args[0].split("\n"), [already, rest])

    def test_many_are_approved_with_a_report(self):
        bills = self._create_bill() | self._create_bill() | self._create_bill()
        self._submit(bills)
        self._approve(bills[0], self.manager)
        action = bills.with_user(self.manager).action_approve()
        self.assertIn("Invoices approved: 2.", action["params"]["message"])
        self.assertEqual(bills.sudo().validation_waiting_user_ids, self.controller)
        bills.with_user(self.controller).action_approve()
        self.assertEqual(set(bills.mapped("validation_state")), {"approved"})

    def test_one_of_many_under_another_policy(self):
        self._create_policy(
            "Logistics",
            self._level("F", approver_type="user", user_ids=self.controller.ids),
            department_ids=self.logistics.ids,
        )
        bills = self._create_bill() | self._create_bill(department=self.logistics, user=self.finance)
        bills.with_user(self.finance).action_submit()
        self.assertEqual(bills[0].sudo().validation_waiting_user_ids, self.manager)
        self.assertEqual(bills[1].sudo().validation_waiting_user_ids, self.controller)

    # ---- refusals

    def test_submission_is_refused_with_a_reason(self):
        Move = self.env["account.move"].sudo()
        incomplete = self._get_move_vals()
        cases = [
            ("Only invoices", Move.create({"move_type": "entry"})),
            ("bill date is missing", self._create_bill(invoice_date=False)),
            ("It has no line", self._create_bill(invoice_line_ids=[])),
            (
                "customer or vendor is missing",
                Move.create({**incomplete, "partner_id": False, "department_id": self.marketing.id}),
            ),
            ("No policy asks", self._create_bill(department=self.logistics, user=self.finance)),
        ]
        for reason, move in cases:
            self.assertRefused(UserError, reason, move.with_user(self.finance).action_submit)
        self.assertRefused(
            UserError, "You may read it, but not edit it", self._create_bill().with_user(self.reader).action_submit
        )
        cancelled = self._create_bill()
        cancelled.sudo().button_cancel()
        self.assertRefused(UserError, "no longer a draft", cancelled.with_user(self.finance).action_submit)
        self.assertRefused(UserError, "at least one invoice", Move.action_submit)

    def test_decision_is_refused_with_a_reason(self):
        bill = self._create_bill()
        self.assertRefused(UserError, "not submitted", self._approve, bill, self.finance)
        self._submit(bill)
        self.assertRefused(
            UserError, "among the approvers of level “Manager”: Manager", self._approve, bill, self.finance
        )
        self.assertRefused(UserError, "not the turn of level “Finance” yet", self._approve, bill, self.controller)
        self.assertRefused(UserError, "You entered or submitted", self._approve, bill, self.contributor)
        self.assertRefused(AccessError, "", self._approve, bill, self.outsider)
        self._approve(bill, self.manager)
        self.assertRefused(
            UserError, "already approved this invoice at level “Manager”", self._approve, bill, self.manager
        )
        bill.with_user(self.controller).action_return("no")
        self.assertRefused(UserError, "returned by Controller", self._approve, bill, self.controller)
        self.assertRefused(UserError, "not being validated", bill.with_user(self.contributor).action_cancel_validation)

    def test_comments_are_required_to_return_and_to_reject(self):
        bill = self._create_bill()
        self._submit(bill)
        for comment in (None, "", "  "):
            self.assertRefused(
                UserError, "Say what has to be corrected", bill.with_user(self.manager).action_return, comment
            )
            self.assertRefused(UserError, "Say why", bill.with_user(self.manager).action_reject, comment)

    def test_changed_content_is_returned_not_approved(self):
        bill = self._create_bill()
        self._submit(bill)
        bill.sudo().invoice_line_ids.price_unit = 7
        self.assertRefused(UserError, "was changed after it was submitted", self._approve, bill, self.manager)
        bill.with_user(self.manager).action_return("who changed it?")
        self.assertEqual(bill.validation_state, "returned")

    def test_contributors_do_not_edit_what_is_being_validated(self):
        bill = self._create_bill()
        self._submit(bill)
        with self.assertRaises(AccessError):
            bill.with_user(self.contributor).invoice_line_ids.price_unit = 1

    # ---- configuration never reaches a request under way

    def test_editing_a_policy_does_not_change_a_request_under_way(self):
        bill = self._create_bill()
        request = self._submit(bill)
        reason = request.step_ids.mapped("reason")
        manager, finance = self.policy.level_ids
        manager.write(
            {
                "name": "Other",
                "approver_type": "user",
                "user_ids": [Command.set(self.finance.ids)],
                "comment_required": True,
            }
        )
        finance.unlink()
        self.policy.write({"mode": "off", "name": "Renamed", "distinct_approvers": False})
        self.assertEqual(request.step_ids.sorted("sequence").mapped("name"), ["Manager", "Finance"])
        self.assertEqual(request.step_ids.mapped("reason"), reason)
        self._approve(bill, self.manager)
        self.assertRefused(UserError, "waits for Controller", bill.with_user(self.finance).action_post)
        self._approve(bill, self.controller)
        self.assertEqual(request.state, "approved")

    def test_a_role_taken_away_does_not_change_a_request_under_way(self):
        bill = self._create_bill()
        request = self._submit(bill)
        self.env["account.department.member"].sudo().search([("user_id", "=", self.manager.id)]).unlink()
        self.assertEqual(request.waiting_user_ids, self.manager)
        self._approve(bill, self.manager)

    # ---- activities and messages

    def test_activities_are_exactly_for_those_who_can_act(self):
        self._give_role(self.finance, self.marketing, "manager")
        bill = self._create_bill()
        self._submit(bill)
        self.assertEqual(sorted(self._get_activities(bill)), ["Finance", "Manager"])
        self._approve(bill, self.finance)
        self.assertEqual(self._get_activities(bill), ["Controller"])
        self._approve(bill, self.controller)
        self.assertFalse(self._get_activities(bill))

    def test_the_activity_of_a_level_passes_on_to_the_next(self):
        self._give_role(self.finance, self.marketing, "manager")
        self.policy.level_ids[1].write({"deadline_hours": 48})
        bills = self._create_bill() | self._create_bill()
        self._submit(bills)
        domain = [("res_model", "=", "account.move"), ("res_id", "in", bills.ids)]
        activities = self.env["mail.activity"].sudo().search(domain)
        self.assertEqual((len(activities), activities.user_id), (4, self.finance | self.manager))
        self._approve(bills, self.finance)
        left = self.env["mail.activity"].sudo().search(domain)
        self.assertEqual((len(left), left.user_id, left - activities), (2, self.controller, left.browse()))
        for activity in left:
            bill = bills.browse(activity.res_id).sudo()
            self.assertEqual(activity.date_deadline, bill.validation_deadline.date())
            self.assertEqual(activity.summary, activity.activity_type_id.summary)
            self.assertIn(self.controller.partner_id, bill.message_partner_ids)

    def test_activities_of_a_quorum_close_one_by_one(self):
        self.policy.level_ids[0].write({"quorum": "all", "role": "validator"})
        bill = self._create_bill()
        self._submit(bill)
        self.assertEqual(sorted(self._get_activities(bill)), ["Manager", "Validator"])
        self._approve(bill, self.validator)
        self.assertEqual(self._get_activities(bill), ["Manager"])

    def test_what_somebody_wrote_on_their_activity_does_not_pass_on(self):
        bill = self._create_bill()
        self._submit(bill)
        mine = bill.sudo().activity_ids
        mine.with_user(self.manager).note = "Ask Eve first"
        self._approve(bill, self.manager)
        self.assertEqual(bill.sudo().activity_ids.user_id, self.controller)
        self.assertFalse(mine.exists())

    def test_notes_of_a_batch_are_those_of_one_by_one(self):
        bills = self._create_bill() | self._create_bill()
        single = self._create_bill()
        for moves in (bills, single):
            self._submit(moves)
            moves.with_user(self.manager).action_approve("<b>Fine</b>")
        found = [bill.sudo().message_ids.sorted("id").mapped("body") for bill in bills | single]
        self.assertEqual(found[0], found[2])
        self.assertEqual(found[1], found[2])
        self.assertIn("&lt;b&gt;Fine&lt;/b&gt;", found[0][-1])

    def test_returned_gives_the_submitter_an_activity_until_resubmission(self):
        bill = self._create_bill()
        self._submit(bill)
        bill.with_user(self.manager).action_return("no")
        self.assertEqual(self._get_activities(bill), ["Contributor"])
        self._submit(bill)
        self.assertEqual(self._get_activities(bill), ["Manager"])
        bill.with_user(self.manager).action_reject("no")
        self.assertFalse(self._get_activities(bill))

    def test_activities_end_with_the_invoice(self):
        for prepare in (lambda bill: None, lambda bill: bill.with_user(self.manager).action_return("no")):
            bill = self._create_bill()
            self._submit(bill)
            prepare(bill)
            bill.sudo().button_cancel()
            self.assertFalse(self._get_activities(bill))

    def test_cancelling_closes_activities(self):
        bill = self._create_bill()
        self._submit(bill)
        bill.with_user(self.contributor).action_cancel_validation()
        self.assertFalse(self._get_activities(bill))

    def _notified(self, bill):
        """People who were told the outcome by the last message, and its text."""
        message = bill.sudo().message_ids.sorted("id")[-1]
        return message.notified_partner_ids, str(message.body)

    def test_followers_and_submitter_get_the_outcome(self):
        for outcome, text in (
            ("approve", "validation is complete"),
            ("return", "returned to Contributor"),
            ("reject", "was rejected"),
        ):
            bill = self._create_bill()
            bill.sudo().message_subscribe(self.reader.partner_id.ids)
            self._submit(bill)
            self._approve(bill, self.manager)
            getattr(bill.with_user(self.controller), f"action_{outcome}")("because of this")
            people, body = self._notified(bill)
            self.assertIn(text, body)
            self.assertEqual("because of this" in body, outcome != "approve")
            self.assertIn(self.contributor.partner_id, people)
            self.assertIn(self.reader.partner_id, people)
            self.assertNotIn(self.controller.partner_id, people)

    def test_customers_do_not_hear_of_it(self):
        bill = self._create_bill()
        bill.sudo().message_subscribe(self.partner_a.ids)
        self._submit(bill)
        self._approve(bill, self.manager, self.controller)
        for message in bill.sudo().message_ids:
            self.assertNotIn(self.partner_a, message.notified_partner_ids)

    def test_approvers_get_one_message_for_a_batch(self):
        bills = self.env["account.move"].union(*(self._create_bill() for _count in range(3)))
        domain = [("notified_partner_ids", "in", self.manager.partner_id.ids)]
        before = self.env["mail.message"].sudo().search_count(domain)
        self._submit(bills)
        self.assertEqual(self.env["mail.message"].sudo().search_count(domain), before + 1)

    def test_outcome_of_a_batch_is_told_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.contributor.sudo().lang = "fr_FR"
        bills = self._create_bill() | self._create_bill()
        self._submit(bills)
        self._approve(bills, self.manager)
        bills.with_user(self.controller).action_return("Wrong prices")
        domain = [("notified_partner_ids", "in", self.contributor.partner_id.ids)]
        message = self.env["mail.message"].sudo().search(domain, order="id desc", limit=1)
        self.assertIn("renvoyée", str(message.body))

    def test_messages_touch_neither_the_content_nor_the_customer(self):
        """A portal link natively writes a token on the invoice, with its lines, and one on the customer."""
        for user in (self.contributor, self.manager, self.controller):
            user.sudo().notification_type = "email"
        bill = self._create_bill()
        self.env.flush_all()
        long_ago = "2000-01-01 00:00:00"
        for records in (bill.sudo().line_ids, bill.sudo().partner_id):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET write_date = %s WHERE id = ANY(%s)",
                    SQL.identifier(records._table),
                    long_ago,
                    records.ids,
                )
            )
        self.env.invalidate_all()
        self._submit(bill)
        self._approve(bill, self.manager, self.controller)
        self.env.flush_all()
        bill = bill.sudo()
        dates = {str(record.write_date) for record in [*bill.line_ids, bill.partner_id]}
        self.assertEqual(dates, {long_ago})
        self.assertFalse(bill.access_token)
        self.assertFalse(bill.is_manually_modified)

    def test_mails_link_to_the_invoice(self):
        self.manager.sudo().notification_type = "email"
        bill = self._create_bill()
        self._submit(bill)
        mail = self.env["mail.mail"].sudo().search([("recipient_ids", "in", self.manager.partner_id.ids)])
        self.assertIn("/mail/view?", mail.body_html)
        self.assertNotIn("access_token", mail.body_html)

    # ---- what the screen is told

    def test_rights_follow_the_person(self):
        bill = self._create_bill()

        def rights(user):
            self.env.invalidate_all()
            move = bill.with_user(user)
            names = ("validation_can_submit", "validation_can_approve", "validation_can_cancel")
            return [name.split("_")[-1] for name in names if move[name]]

        self.assertEqual(rights(self.contributor), ["submit"])
        self.assertEqual(rights(self.reader), [])
        self._submit(bill)
        self.assertEqual(rights(self.contributor), ["cancel"])
        self.assertEqual(rights(self.manager), ["approve"])
        self.assertEqual(rights(self.controller), ["cancel"])

    def test_reading_changes_nothing(self):
        bill = self._create_bill()
        self._submit(bill)
        request = bill.sudo().validation_request_id
        self.env.flush_all()
        self.env.invalidate_all()
        before = request.read()
        for user in (self.contributor, self.manager, self.finance, self.auditor):
            self.env.invalidate_all()
            bill.with_user(user).read([name for name in bill._fields if name.startswith("validation_")])
            bill.with_user(user).web_read(
                {"validation_panel": {}, "validation_waiting_user_ids": {"fields": {"name": {}}}}
            )
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(request.read(), before)

    def test_panel_previews_without_leaving_a_trace(self):
        bill = self._create_bill()
        panel = bill.with_user(self.contributor).validation_panel
        self.assertTrue(panel["preview"])
        self.assertEqual([step["name"] for step in panel["steps"]], ["Manager", "Finance"])
        self.assertFalse(bill.sudo().validation_request_ids)


@tagged("post_install", "-at_install")
class TestDecisionCost(ValidationCase):
    """The queries of a batch do not grow with the number of its invoices."""

    def _queries(self, function, *args):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function(*args)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _create_bills(self, count):
        moves = self.env["account.move"].with_user(self.contributor)
        return moves.create([self._get_move_vals(department_id=self.marketing.id) for _count in range(count)])

    def test_batches_of_10_and_50(self):
        self._create_approved()
        cost = {}
        for count in (10, 50):
            bills = self._create_bills(count)
            cost["submit", count] = self._queries(bills.action_submit)
            cost["first level", count] = self._queries(bills.with_user(self.manager).action_approve)
            cost["last level", count] = self._queries(bills.with_user(self.controller).action_approve)
            cost["post", count] = self._queries(bills.with_user(self.finance)._get_posting_refusals)
        for operation in ("submit", "first level", "last level", "post"):
            growth = (cost[operation, 50] - cost[operation, 10]) / 40
            self.assertLess(growth, 0.1, (operation, cost))

    def test_one_by_one(self):
        """What one submission and one decision cost, messages with their links and activities included."""
        self._create_approved()
        bill = self._create_bill()
        for action, most in (
            (bill.action_submit, 81),
            (bill.with_user(self.manager).action_approve, 79),
            (bill.with_user(self.controller).action_approve, 68),
        ):
            with self.subTest(action=action):
                self.assertLessEqual(self._queries(action), most)
