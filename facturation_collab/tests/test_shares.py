"""One bill over several departments or analytic accounts: each decides on its share, and the shares are the bill."""

import doctest
import random
from decimal import Decimal
from fractions import Fraction

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError

from .. import shares
from .link_common import TOKEN
from .validation_common import ValidationCase

AMOUNTS = ("untaxed", "tax", "total")


class ShareCase(ValidationCase):
    """Each department approves its lines of a bill, then a controller the whole."""

    POLICY = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.head = cls._create_user("head", cls.logistics, "manager")
        cls.planner = cls._create_user("planner", cls.events, "manager")
        cls.policy.sudo().write(
            {
                "level_ids": [
                    Command.clear(),
                    cls._level("Departments", approver_type="department_lines", role="manager"),
                    cls._level("Finance", sequence=20, approver_type="user", user_ids=cls.controller.ids),
                ],
                **cls.POLICY,
            }
        )

    def _create_shared(self, *lines, **vals):
        """A bill of Marketing with a line for each (department, amount)."""
        commands = [
            Command.create(
                {
                    "name": f"{department.name} {amount}",
                    "price_unit": amount,
                    "department_id": department.id,
                    "tax_ids": [Command.clear()],
                }
            )
            for department, amount in lines
        ]
        return self._create_bill(invoice_line_ids=commands, **vals)

    def _create_and_submit_shared(self):
        bill = self._create_shared((self.marketing, 100), (self.logistics, 50))
        self._submit(bill)
        return bill

    def _get_mail(self, user):
        """The last e-mail to a user."""
        return self.env["mail.mail"].sudo().search([("recipient_ids", "in", user.partner_id.ids)], limit=1)

    def _drop_roles(self, user):
        self.env["account.department.member"].sudo().search([("user_id", "=", user.id)]).unlink()

    def _steps(self, bill):
        return bill.sudo().validation_request_id._get_live_steps().sorted("id")

    def _step_of(self, bill, user):
        return self._steps(bill).filtered(lambda step: user in step.approver_ids and step.share)

    def _refuse(self, bill, user, *reasons):
        """Refuse the first lines of the share of somebody, each with a reason, and approve the others."""
        step = self._step_of(bill, user)
        lines = [row["line"] for row in step.share["rows"]]
        refused = [{"line": line, "reason": reason} for line, reason in zip(lines, reasons, strict=False)]
        step.with_user(user).action_refuse_lines(refused)
        return step

    def assertAddsUp(self, bill):
        """The shares of the bill are the bill, to the last cent, in its currency and in the company's."""
        own = [step.share for step in self._steps(bill) if step.share]
        found = {name: sum(Decimal(share[name]) for share in own) for name in (*AMOUNTS, "company")}
        bill = bill.sudo()
        self.assertEqual(float(found["untaxed"]), bill.amount_untaxed)
        self.assertEqual(float(found["tax"]), bill.amount_tax)
        self.assertEqual(float(found["total"]), bill.amount_total)
        self.assertEqual(float(found["company"]), abs(bill.amount_total_signed))
        for share in own:
            self.assertEqual(shares.added(share["rows"]), {name: share[name] for name in shares.AMOUNTS})


class TestRules(ValidationCase):
    def test_documented_examples(self):
        result = doctest.testmod(shares)
        self.assertGreater(result.attempted, 10)
        self.assertEqual(result.failed, 0)

    def test_whatever_is_shared_out_adds_up(self):
        """Random lines of either sign, parts, taxes that were corrected by hand, rates and numbers of decimals."""
        dice = random.Random(19)
        for _round in range(2000):
            digits = dice.choice((0, 2, 3)), dice.choice((0, 2))
            lines, parts = [], {}
            for position in range(dice.randint(1, 6)):
                price = Decimal(dice.randint(-100_000, 100_000)).scaleb(-digits[0])
                lines.append((position, str(price), str(price + Decimal(dice.randint(0, 999)).scaleb(-digits[0]))))
                cuts = [Fraction(dice.randint(1, 97)) for _key in range(dice.randint(1, 3))]
                keys = dice.sample("abcd", len(cuts))
                parts[position] = [(key, cut / sum(cuts)) for key, cut in zip(keys, cuts, strict=True)]
            corrected = [Decimal(dice.choice((0, 0, 1, -3, 250))).scaleb(-digits[0]) for _amount in range(2)]
            totals = {
                "untaxed": str(sum(Decimal(line[1]) for line in lines) + corrected[0]),
                "tax": str(sum(Decimal(line[2]) - Decimal(line[1]) for line in lines) + corrected[1]),
                "company": str(Decimal(dice.randint(-10_000, 10_000)).scaleb(-digits[1])),
                "rate": "1.25",
            }
            found = shares.share_out(lines, parts, totals, digits)
            rows = [row for own in found.values() for row in own]
            self.assertEqual(len(rows), sum(map(len, parts.values())))
            whole = shares.added(rows)
            self.assertEqual(Decimal(whole["untaxed"]), Decimal(totals["untaxed"]))
            self.assertEqual(Decimal(whole["tax"]), Decimal(totals["tax"]))
            self.assertEqual(Decimal(whole["company"]), Decimal(totals["company"]))
            self.assertEqual(Decimal(whole["total"]), Decimal(whole["untaxed"]) + Decimal(whole["tax"]))


class TestShares(ShareCase):
    def test_each_department_is_asked_about_its_lines_at_the_same_time(self):
        bill = self._create_shared(
            (self.marketing, 300), (self.logistics, 200), (self.events, 100), (self.logistics, 1)
        )
        self._submit(bill)
        steps = self._steps(bill)
        self.assertEqual(
            [(step.name, step.approver_ids.name, step.share and step.share["total"], step.state) for step in steps],
            [
                ("Departments, Marketing", "Manager", "300.00", "open"),
                ("Departments, Logistics", "Head", "201.00", "open"),
                ("Departments, Events", "Planner", "100.00", "open"),
                ("Finance", "Controller", False, "waiting"),
            ],
        )
        self.assertAddsUp(bill)
        self.assertIn(
            "Manager of Logistics, for its lines ($ 201.00), asked by the policy “Marketing bills”",
            steps[1]._get_reason_text().replace("\xa0", " "),
        )
        self.assertEqual(sorted(self._get_activities(bill)), ["Head", "Manager", "Planner"])
        self._approve(bill, self.head, self.planner, self.manager, self.controller)
        self.assertEqual(bill.sudo().validation_state, "approved")
        self.assertFalse(bill.sudo().validation_request_id.refused_amount)

    def test_taxes_currency_and_cents_add_up(self):
        rate = self.env["res.currency.rate"].sudo()
        currency = self.env.ref("base.CHF")
        currency.sudo().active = True
        rate.search([("currency_id", "=", currency.id)]).unlink()
        rate.create({"currency_id": currency.id, "rate": 1.7, "name": "2020-01-01", "company_id": self.company.id})
        tax = self.company_data["default_tax_purchase"]
        lines = [
            {
                "name": "Line",
                "quantity": 3,
                "price_unit": price,
                "department_id": owner.id,
                "tax_ids": [Command.set(tax.ids)],
            }
            for price, owner in ((33.33, self.marketing), (0.07, self.logistics), (19.99, self.events))
        ]
        bill = self._create_bill(currency_id=currency.id, invoice_line_ids=[Command.create(line) for line in lines])
        self._submit(bill)
        self.assertEqual(len(self._steps(bill)), 4)
        self.assertAddsUp(bill)

    def test_a_credit_note_and_a_discount_line_add_up(self):
        bill = self._create_shared((self.marketing, 100), (self.logistics, -20))
        self._submit(bill)
        self.assertAddsUp(bill)
        self.assertEqual(self._step_of(bill, self.head).share["total"], "-20.00")

    def test_one_department_is_one_step(self):
        bill = self._create_shared((self.marketing, 100), (self.marketing, 50))
        self._submit(bill)
        self.assertEqual(self._steps(bill).mapped("name"), ["Departments, Marketing", "Finance"])

    def test_somebody_who_heads_two_departments_decides_once(self):
        self._give_role(self.manager, self.logistics, "manager")
        self._drop_roles(self.head)
        bill = self._create_shared((self.marketing, 100), (self.logistics, 50), (self.events, 25))
        self._submit(bill)
        step = self._step_of(bill, self.manager)
        self.assertEqual(step.share["names"], ["Marketing", "Logistics"])
        self.assertEqual(step.share["total"], "150.00")
        self.assertAddsUp(bill)

    def test_shares_that_different_people_cannot_fill_become_one(self):
        """Marketing has one manager, Logistics the same, and Events has both of them."""
        self._give_role(self.manager, self.events, "manager")
        self._give_role(self.head, self.events, "manager")
        self._drop_roles(self.planner)
        bill = self._create_shared((self.marketing, 100), (self.logistics, 50), (self.events, 25))
        self._submit(bill)
        steps = self._steps(bill).filtered("share")
        self.assertEqual(len(steps), 2)
        self.assertAddsUp(bill)
        self._approve(bill, self.manager, self.head, self.controller)
        self.assertEqual(bill.sudo().validation_state, "approved")

    def test_what_is_missing_is_said(self):
        self._drop_roles(self.head)
        bill = self._create_shared((self.marketing, 100), (self.logistics, 50))
        with self.assertRaisesRegex(UserError, "nobody in Logistics has the role"):
            self._submit(bill)

    def _count_plan_queries(self, number):
        bills = self.env["account.move"]
        for _bill in range(number):
            bills |= self._create_shared((self.marketing, 10), (self.logistics, 5))
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        self.policy._plan(bills.with_user(self.contributor).sudo())
        return self.env.cr.sql_log_count - start

    def test_the_number_of_queries_does_not_depend_on_the_bills(self):
        self._count_plan_queries(1)
        self.assertEqual(self._count_plan_queries(2), self._count_plan_queries(6))

    def test_the_page_of_a_link_tells_the_share(self):
        self._create_and_submit_shared()
        mail = self._get_mail(self.head)
        [token] = TOKEN.findall(mail.body_html)
        page = self.env["account.validation.link"].sudo()._find(token)._get_page()
        self.assertIn(("Your part", "$ 50.00 of $ 150.00"), [(a, b.replace("\xa0", " ")) for a, b in page["amounts"]])

    def test_preview_and_simulation_tell_the_shares(self):
        bill = self._create_shared((self.marketing, 100), (self.logistics, 50))
        panel = bill.with_user(self.contributor).validation_panel
        self.assertEqual(
            [step["name"] for step in panel["steps"]], ["Departments, Marketing", "Departments, Logistics", "Finance"]
        )
        self.assertEqual(len({step["id"] for step in panel["steps"]}), 3)
        forecast = self.env["account.validation.forecast"]._forecast(bill.sudo())
        self.assertEqual(forecast["levels"][1]["people"], ["Head"])


class TestRefusedLines(ShareCase):
    def _create_three(self):
        return self._create_shared((self.marketing, 300), (self.logistics, 200), (self.logistics, 50))

    def test_a_partial_refusal_returns_the_bill_and_what_others_approved_stands(self):
        bill = self._create_three()
        self._submit(bill)
        self._approve(bill, self.manager)
        self._refuse(bill, self.head, "Never delivered")
        request = bill.sudo().validation_request_id
        self.assertEqual((request.state, request.refused_amount), ("returned", 200.0))
        self.assertIn(
            "“Logistics 200” ($ 200.00): Never delivered", request._get_refusal_comment().replace("\xa0", " ")
        )
        contributor = bill.with_user(self.contributor)
        self.assertTrue(contributor.validation_can_remove_refused)
        contributor.action_remove_refused_lines()
        self.assertEqual(bill.invoice_line_ids.mapped("price_unit"), [300.0, 50.0])
        self._submit(bill)
        states = {step.name: step.state for step in self._steps(bill)}
        self.assertEqual(states["Departments, Marketing"], "approved")
        self.assertEqual(states["Departments, Logistics"], "open")
        self.assertTrue(self._steps(bill)[0].carried)
        self._approve(bill, self.head, self.controller)
        self.assertEqual(bill.sudo().validation_state, "approved")
        requests = bill.sudo().validation_request_ids
        self.assertFalse(self.env["account.validation.verifier"]._verify_requests(requests))

    def test_others_are_not_asked_again_about_a_share_that_did_not_change(self):
        bill = self._create_three()
        self._submit(bill)
        self._approve(bill, self.manager)
        bill.with_user(self.head).action_return("The quantity is wrong")
        line = bill.with_user(self.contributor).invoice_line_ids.filtered(lambda line: line.price_unit == 200)
        bill.with_user(self.contributor).write({"invoice_line_ids": [Command.update(line.id, {"quantity": 2})]})
        self._submit(bill)
        states = {step.name: step.state for step in self._steps(bill)}
        self.assertEqual(states["Departments, Marketing"], "approved")
        self.assertEqual(states["Departments, Logistics"], "open")

    def test_a_share_that_changed_is_asked_again(self):
        bill = self._create_three()
        self._submit(bill)
        self._approve(bill, self.manager)
        bill.with_user(self.head).action_return("Move it to Marketing")
        line = bill.with_user(self.contributor).invoice_line_ids.filtered(lambda line: line.price_unit == 50)
        line.department_id = self.marketing
        self._submit(bill)
        self.assertEqual({step.state for step in self._steps(bill).filtered("share")}, {"open"})

    def test_every_line_refused_rejects_the_bill(self):
        bill = self._create_shared((self.marketing, 300), (self.logistics, 200))
        self._submit(bill)
        self._refuse(bill, self.manager, "Not ours")
        self.assertEqual(bill.sudo().validation_state, "pending")
        self._refuse(bill, self.head, "Not ours either")
        self.assertEqual(bill.sudo().validation_state, "rejected")

    def test_what_cannot_be_refused_is_said_and_changes_nothing(self):
        bill = self._create_three()
        self._submit(bill)
        step = self._step_of(bill, self.head).with_user(self.head)
        own = step.share["rows"][0]["line"]
        for refused, text in (
            ([], "at least one line"),
            (None, "at least one line"),
            ([{"line": 0, "reason": "Not mine"}], "your own share"),
            ([{"line": "1", "reason": "x"}], "your own share"),
            (["x"], "your own share"),
            ([{"line": own, "reason": " "}], "Say why each line"),
            ([{"line": own}], "Say why each line"),
        ):
            self.assertRefused(UserError, text, step.action_refuse_lines, refused)
        self.assertFalse(step.refused)
        finance = self._steps(bill)[-1].with_user(self.controller)
        self.assertRefused(UserError, "whole invoice", finance.action_refuse_lines, [{"line": 0, "reason": "x"}])

    def test_nobody_decides_on_the_share_of_others(self):
        bill = self._create_three()
        self._submit(bill)
        step = self._step_of(bill, self.head)
        row = {"line": step.share["rows"][0]["line"], "reason": "x"}
        self.assertRefused(
            UserError, "not among the approvers", step.with_user(self.manager).action_refuse_lines, [row]
        )
        self.assertRefused(UserError, "not among the approvers", step.with_user(self.manager).action_approve)
        self.assertRefused(AccessError, "", step.with_user(self.outsider).action_approve)
        self.assertEqual(step.state, "open")

    def test_the_dialog_refuses_what_is_marked(self):
        bill = self._create_three()
        self._submit(bill)
        action = bill.with_user(self.head).action_open_refusal()
        wizard = self.env[action["res_model"]].with_user(self.head).with_context(**action["context"])
        wizard = wizard.create({})
        self.assertEqual(wizard.line_ids.mapped("label"), ["Logistics 200", "Logistics 50"])
        wizard.line_ids[1].write({"is_refused": True, "reason": "Twice"})
        wizard.action_confirm()
        step = self._step_of(bill, self.head)
        self.assertEqual([(line, reason) for line, reason, _user in step.refused], [(2, "Twice")])
        self.assertRefused(
            UserError, "No share of this invoice waits for you", bill.with_user(self.controller).action_open_refusal
        )

    def test_a_changed_record_of_a_refusal_is_found(self):
        bill = self._create_three()
        self._submit(bill)
        step = self._refuse(bill, self.head, "Never delivered")
        verify = self.env["account.validation.verifier"]._verify_requests
        self.assertFalse(verify(step.request_id))
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_validation_step SET refused = NULL WHERE id = %s", [step.id])
        self.assertEqual([found["code"] for found in verify(step.request_id)], ["refused"])

    def test_a_changed_share_is_found(self):
        bill = self._create_three()
        self._submit(bill)
        step = self._step_of(bill, self.head)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_validation_step SET share = jsonb_set(share, '{total}', '\"1.00\"') WHERE id = %s",
            [step.id],
        )
        codes = [found["code"] for found in self.env["account.validation.verifier"]._verify_requests(step.request_id)]
        self.assertEqual(codes, ["step_changed", "shares"])


class TestRefusedLinesAndGoOn(ShareCase):
    POLICY = {"partial_outcome": "approve"}

    def test_the_bill_goes_on_and_a_credit_note_is_made_for_what_was_refused(self):
        bill = self._create_shared((self.marketing, 300), (self.logistics, 200), (self.logistics, 50))
        self._submit(bill)
        self._approve(bill, self.manager)
        self._refuse(bill, self.head, "Never delivered")
        self.assertEqual(bill.sudo().validation_state, "pending")
        self._approve(bill, self.controller)
        self.assertEqual(bill.sudo().validation_state, "approved")
        self.assertFalse(bill.with_user(self.controller).validation_can_credit_refused)
        bill.with_user(self.finance).action_post()
        self.assertTrue(bill.with_user(self.finance).validation_can_credit_refused)
        action = bill.with_user(self.finance).action_credit_refused_lines()
        note = self.env["account.move"].browse(action["res_id"])
        self.assertEqual((note.move_type, note.state, note.amount_total), ("in_refund", "draft", 200.0))
        self.assertEqual(note.reversed_entry_id, bill)
        self.assertEqual(note.invoice_line_ids.mapped("name"), ["Logistics 200"])
        self.assertRefused(
            UserError, "already has a credit note", bill.with_user(self.finance).action_credit_refused_lines
        )

    def test_the_credit_note_is_for_accounting(self):
        bill = self._create_shared((self.marketing, 300), (self.logistics, 200))
        self._submit(bill)
        self._approve(bill, self.manager)
        self._refuse(bill, self.head, "Never delivered")
        self._approve(bill, self.controller)
        bill.with_user(self.finance).action_post()
        self.assertRefused(UserError, "Accounting makes", bill.with_user(self.contributor).action_credit_refused_lines)


class TestAnalyticShares(ShareCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plans = cls.env["account.analytic.plan"].sudo().create([{"name": "Projects"}, {"name": "Sites"}])
        accounts = cls.env["account.analytic.account"].sudo()
        vals = {"company_id": cls.company.id, "plan_id": plans[0].id}
        cls.fair = accounts.create({**vals, "name": "Fair", "validation_owner_id": cls.head.id})
        cls.van = accounts.create({**vals, "name": "Van", "validation_owner_id": cls.planner.id})
        cls.site = accounts.create(
            {**vals, "name": "Paris", "plan_id": plans[1].id, "validation_owner_id": cls.director.id}
        )
        cls.policy.level_ids[0].write({"approver_type": "analytic_lines"})
        cls.plans = plans

    def _charge(self, *lines):
        commands = [
            Command.create(
                {
                    "name": f"Line {amount}",
                    "price_unit": amount,
                    "tax_ids": [Command.clear()],
                    "analytic_distribution": {str(key): percent for key, percent in distribution.items()},
                }
            )
            for amount, distribution in lines
        ]
        return self._create_bill(invoice_line_ids=commands)

    def test_owners_decide_on_their_part_of_each_line(self):
        bill = self._charge((100, {self.fair.id: 33.33, self.van.id: 66.67}), (10, {self.van.id: 100}))
        self._submit(bill)
        found = {step.approver_ids.name: step.share["total"] for step in self._steps(bill) if step.share}
        self.assertEqual(found, {"Head": "33.33", "Planner": "76.67"})
        self.assertAddsUp(bill)

    def test_a_part_that_no_account_has_is_refused_with_its_line(self):
        bill = self._charge((100, {self.fair.id: 40}))
        with self.assertRaisesRegex(UserError, r"have no analytic account \(Line 100\): distribute them"):
            self._submit(bill)

    def test_the_plan_of_the_level_shares_it_out(self):
        bill = self._charge((100, {f"{self.site.id},{self.fair.id}": 100}))
        for plan, owner in zip(self.plans, self.head | self.director, strict=True):
            self.policy.level_ids[0].share_plan_id = plan
            self._submit(bill)
            self.assertEqual(self._steps(bill)[0].approver_ids, owner)
            bill.with_user(self.contributor).action_cancel_validation()

    def test_a_part_that_is_refused_leaves_the_line_to_the_others(self):
        bill = self._charge((100, {self.fair.id: 40, self.van.id: 60}), (10, {self.van.id: 100}))
        self._submit(bill)
        self._approve(bill, self.planner)
        self._refuse(bill, self.head, "We did not go there")
        # The only line of Fair: its owner has refused their whole share, not the bill.
        self.assertEqual(bill.sudo().validation_state, "returned")
        bill.with_user(self.contributor).action_remove_refused_lines()
        self.assertEqual(bill.amount_total, 70.0)
        self.assertEqual(bill.invoice_line_ids[0].analytic_distribution, {str(self.van.id): 100.0})
        self._submit(bill)
        self.assertEqual(self._steps(bill).filtered("share").approver_ids, self.planner)
        self.assertAddsUp(bill)


class TestConfidentialShares(ShareCase):
    """Logistics is confidential: whom other departments ask about their lines does not see its lines."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.logistics.sudo().is_confidential = True

    def _create_closed(self):
        """A bill of Marketing with a line of confidential Logistics, and one of Events, whose planner has no role
        elsewhere.
        """
        bill = self._create_shared((self.marketing, 300), (self.logistics, 200), (self.events, 100))
        self._submit(bill)
        return bill

    def test_others_see_and_decide_their_share_alone(self):
        bill = self._create_closed()
        step = self._step_of(bill, self.planner).with_user(self.planner)
        self.assertEqual(self._steps(bill).confined_user_ids, self.planner)
        self.assertFalse(bill.with_user(self.planner).has_access("read"))
        self.assertIn("Events 100", str(step.share_lines))
        self.assertNotIn("Logistics", str(step.share_lines))
        self.assertTrue(step.share_can_decide)
        others = self._steps(bill) - step.sudo()
        self.assertFalse(self.env["account.validation.step"].with_user(self.planner).search([("id", "in", others.ids)]))
        self.assertRefused(AccessError, "", bill.with_user(self.planner).action_approve)
        step.action_approve()
        self.assertEqual(step.state, "approved")

    def test_whoever_has_a_role_in_the_bills_department_sees_it(self):
        bill = self._create_closed()
        self.assertTrue(bill.with_user(self.manager).has_access("read"))
        self.assertNotIn(self.manager, self._step_of(bill, self.manager).confined_user_ids)

    def test_they_are_told_of_their_share_and_of_nothing_else(self):
        self.planner.sudo().notification_type = "inbox"
        before = self.env["mail.message"].sudo().search([], order="id desc", limit=1).id
        bill = self._create_closed()
        messages = (
            self.env["mail.message"]
            .sudo()
            .search([("id", ">", before), ("notified_partner_ids", "in", self.planner.partner_id.ids)])
        )
        self.assertEqual(len(messages), 1)
        self.assertIn("100.00", messages.body)
        # With its cents: the link holds an id, which may be any number.
        for text in (messages.body, messages.subject):
            self.assertNotIn("600.00", text)
            self.assertNotIn("Logistics", text)
        self.assertFalse(messages.res_id)
        self.assertNotIn("Planner", self._get_activities(bill))

    def test_their_one_message_a_day_waits_too(self):
        self.planner.sudo().notification_type = "inbox"
        self.planner.with_user(self.planner).validation_notification = "digest"
        domain = [("notified_partner_ids", "in", self.planner.partner_id.ids)]
        before = self.env["mail.message"].sudo().search_count(domain)
        self._create_closed()
        self.assertEqual(self.env["mail.message"].sudo().search_count(domain), before)
        notices = self.env["account.validation.notice"].sudo()
        with freeze_time(notices.search([("user_id", "=", self.planner.id)]).send_at):
            notices._send(self.planner.sudo())
        message = self.env["mail.message"].sudo().search(domain, order="id desc", limit=1)
        self.assertEqual(self.env["mail.message"].sudo().search_count(domain), before + 1)
        self.assertIn("Your share of an invoice waits", message.subject)
        self.assertNotIn("Logistics", message.body)

    def test_their_mail_has_no_link_that_shows_the_bill(self):
        self._create_closed()
        self.assertTrue(TOKEN.findall(self._get_mail(self.manager).body_html))
        mail = self._get_mail(self.planner)
        self.assertIn("account_validation_share_action", mail.body_html)
        self.assertNotIn("/validation/", mail.body_html)

    def test_a_link_alone_does_not_open_confidential_lines(self):
        self.policy.email_decisions = "link"
        bill = self._create_closed()
        link = (
            self.env["account.validation.link"]
            .sudo()
            .search([("user_id", "=", self.manager.id), ("step_id.request_id.move_id", "=", bill.id)])
        )
        self.assertEqual((link.access, link._get_access()), ("link", "login"))

    def test_documents_and_messages_of_the_bill_stay_closed(self):
        bill = self._create_closed()
        file = (
            self.env["ir.attachment"]
            .sudo()
            .create({"name": "bill.pdf", "raw": b"%PDF", "res_model": "account.move", "res_id": bill.id})
        )
        for record in (file, bill.sudo().message_ids[:1], bill.sudo().line_ids[:1], bill.sudo().validation_request_id):
            self.assertFalse(record.with_user(self.planner).has_access("read"), record)

    def test_refusing_lines_works_without_seeing_the_bill(self):
        bill = self._create_closed()
        step = self._step_of(bill, self.planner).with_user(self.planner)
        action = step.action_open_refusal()
        wizard = self.env[action["res_model"]].with_user(self.planner).with_context(**action["context"]).create({})
        self.assertEqual(wizard.line_ids.mapped("label"), ["Events 100"])
        wizard.line_ids.write({"is_refused": True, "reason": "No"})
        wizard.action_confirm()
        self.assertEqual([reason for _line, reason, _user in step.refused], ["No"])

    def _return_and_correct(self, bill, name, vals):
        """Have the bill returned, change the line of that name (or take it out) and submit again."""
        bill.with_user(self.manager).action_return("Correct it")
        bill = bill.with_user(self.contributor)
        line = bill.invoice_line_ids.filtered(lambda line: line.name == name)
        bill.write({"invoice_line_ids": [Command.update(line.id, vals) if vals else Command.delete(line.id)]})
        self._submit(bill)
        return self._step_of(bill, self.planner).with_user(self.planner)

    def test_a_correction_shows_them_what_changed_in_their_lines_alone(self):
        bill = self._create_closed()
        self.assertFalse(self._step_of(bill, self.planner).with_user(self.planner).share_difference)
        step = self._return_and_correct(bill, "Logistics 200", {"price_unit": 217, "name": "Logistics 217"})
        self.assertIn(self.planner, step.sudo().confined_user_ids)
        self.assertIn("Nothing that you see of your share changed", str(step.share_difference))
        step = self._return_and_correct(bill, "Events 100", {"price_unit": 150})
        difference = str(step.share_difference)
        for text in ("Changed in your share", "100.00", "150.00"):
            self.assertIn(text, difference)
        for text in ("Logistics", "200", "217", "667"):
            self.assertNotIn(text, difference)

    def test_a_correction_tells_nothing_of_lines_that_lay_where_theirs_are_now(self):
        bill = self._create_closed()
        step = self._return_and_correct(bill, "Marketing 300", None)
        self.assertEqual([row["line"] for row in step.sudo().share["rows"]], [1])
        self.assertIn("Nothing that you see of your share changed", str(step.share_difference))
        self.assertNotIn("Logistics", str(step.share_difference))
        contents = step.sudo()._get_compared_contents(step.sudo()._get_compared_request())
        self.assertEqual([[line["name"] for line in content["lines"]] for content in contents], [["Events 100"]] * 2)

    def test_whoever_was_not_asked_before_is_shown_their_lines_as_new(self):
        bill = self._create_shared((self.marketing, 300), (self.logistics, 200))
        self._submit(bill)
        name = "Logistics 200"
        step = self._return_and_correct(bill, name, {"department_id": self.events.id}).sudo()
        before, after = step._get_compared_contents(step._get_compared_request())
        self.assertEqual([line["name"] for line in after["lines"]], [name])
        self.assertEqual((before["lines"], before["amount_total"]), ([], None))

    def test_the_difference_names_nobody_elses_department(self):
        bill = self._create_closed()
        step = self._return_and_correct(bill, "Logistics 200", {"department_id": self.events.id})
        difference = str(step.share_difference)
        self.assertIn("Logistics 200", difference, "The line is theirs now")
        self.assertNotIn("Department", difference)
        step = self._return_and_correct(bill, "Logistics 200", {"department_id": self.logistics.id})
        self.assertIn("Logistics 200", str(step.share_difference), "It was theirs before")

    def test_a_whole_approver_sees_the_whole(self):
        bill = self._create_closed()
        for user in (self.manager, self.head, self.planner):
            self._step_of(bill, user).with_user(user).action_approve()
        self.assertTrue(bill.with_user(self.controller).has_access("read"))
        self._approve(bill, self.controller)
        self.assertEqual(bill.sudo().validation_state, "approved")

    def test_dialogs_are_ones_own(self):
        bill = self._create_closed()
        step = self._step_of(bill, self.planner)
        for model, vals in (
            ("account.validation.share.wizard", {"step_id": step.id}),
            ("account.validation.share.decision", {"step_id": step.id}),
        ):
            dialog = self.env[model].with_user(self.planner).with_context(default_step_id=step.id).create({})
            self.assertFalse(dialog.with_user(self.manager).has_access("read"), model)
            for line in dialog.line_ids if "line_ids" in dialog else ():
                self.assertFalse(line.with_user(self.manager).has_access("read"))
                self.assertRefused(AccessError, "", line.with_user(self.auditor).write, {"reason": "x"})
            stranger = self._create_user(f"stranger_{len(model)}", groups="base.group_portal")
            self.assertRefused(AccessError, "", self.env[model].with_user(stranger).create, vals)
        foreign = self.env["account.validation.share.wizard"].with_user(self.outsider)
        self.assertRefused(
            AccessError, "", foreign.with_context(default_step_id=step.id).default_get, ["step_id", "line_ids"]
        )
