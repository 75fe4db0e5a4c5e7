import csv
from datetime import datetime, timedelta

from odoo import Command, fields, models
from odoo.tools.misc import file_open

from . import clock, stories

FINANCE = ["jane", "luc"]


class AccountValidationDemo(models.AbstractModel):
    _inherit = "account.validation.demo"

    def _create_invoices(self, company):
        """Enter the invoices of `invoices.csv` and tell their stories, all acts in the order of time."""
        with file_open("facturation_collab/demo/invoices.csv") as file:
            rows = [{**row, "number": number} for number, row in enumerate(csv.DictReader(file), 1)]
        moves = {}
        for moment, row, who, what in sorted(self._plan_acts(rows), key=lambda act: act[0]):
            with clock.at(moment):
                self._act(moves, row, who, what)

    # When

    def _plan_acts(self, rows):
        """Return the acts of all stories: [(moment in UTC, row, who, what)]."""
        now = fields.Datetime.now()
        days = self._get_working_days(now.date(), 1 + max(int(row["age"]) for row in rows))
        acts = []
        for row in rows:
            story = [(0, "author", "enter"), *stories.STORIES[row["story"]]]
            for position, (after, who, what) in enumerate(story):
                day = days[max(0, int(row["age"]) - after)]
                # From 9 in the morning in Paris; what happens today has happened by now.
                minutes = 7 * 60 + row["number"] * 37 % 300 + 25 * position
                latest = now - timedelta(minutes=12 * (len(story) - position) - row["number"] % 10)
                acts.append((min(day + timedelta(minutes=minutes), latest), row, who, what))
        return acts

    def _get_working_days(self, today, count):
        """Return the last working days, the latest first: midnight of each."""
        start = datetime.combine(today, datetime.min.time())
        days = (start - timedelta(days=back) for back in range(2 * count + 7))
        return [day for day in days if day.weekday() < 5][:count]

    # Who

    def _act(self, moves, row, who, what):
        """Have one act done by whoever does it."""
        move = moves.get(row["number"], self.env["account.move"])
        user = self._get_actor(move, row, who)
        if not user:
            return
        last = self.env["mail.message"].search([], order="id desc", limit=1).id
        self = self.with_user(user).with_context(lang=user.lang, tz=user.tz)
        done = getattr(self, f"_tell_{what}")(move.with_env(self.env), row)
        if what == "enter":
            moves[row["number"]] = move = done.sudo().with_env(move.env)
            self._date_entry(move)
            move.env["account.validation.demo"]._remember({f"move_{row['number']:03}": move})
        messages = move.env["mail.message"].search([("id", ">", last), ("author_id", "=", user.partner_id.id)])
        messages.date = fields.Datetime.now()

    def _date_entry(self, move):
        """Vendors read on the portal since when a bill is there."""
        move.flush_recordset()
        query = "UPDATE account_move SET create_date = %s WHERE id = %s"
        self.env.cr.execute(query, [fields.Datetime.now(), move.id])
        move.invalidate_recordset(["create_date"])

    def _get_actor(self, move, row, who):
        """Return the user who acts; nobody when the invoice waits for nobody any more."""
        if who == "approver":
            waiting = move.validation_waiting_user_ids - self.env.ref("base.user_admin")
            return waiting.sorted("id")[row["number"] % len(waiting)] if waiting else waiting
        if who == "finance":
            return self._ref(f"user_{FINANCE[row['number'] % len(FINANCE)]}")
        if who == "system" or row["author"] == "alias":
            return self.env.ref("base.user_root")
        return self._ref(f"user_{row['author']}")

    # What

    def _tell_enter(self, _move, row):
        today = fields.Datetime.now().date()
        is_bill = row["type"].startswith("in_")
        move = self.env["account.move"].create(
            {
                "move_type": row["type"],
                "partner_id": self._ref(f"partner_{row['partner']}").id,
                "invoice_date": today - timedelta(days=row["number"] % 4) if is_bill else today,
                "ref": row["ref"],
                "invoice_line_ids": [Command.create(vals) for vals in self._get_line_vals(row)],
            },
        )
        if is_bill:
            self._attach_document(move)
        return move

    def _get_line_vals(self, row):
        company = self.env.company
        tax = company.account_purchase_tax_id if row["type"].startswith("in_") else company.account_sale_tax_id
        for line in row["lines"].split(" / "):
            label, account, amount = line.rsplit(":", 2)
            amount, _at, department = amount.partition("@")
            account_id = self.env.ref(f"account.{company.id}_pcg_{account}").id
            yield {
                "name": label,
                "account_id": account_id,
                "quantity": 1.0,
                "price_unit": float(amount),
                "tax_ids": [Command.set(tax.ids)],
                **({"department_id": self._ref(f"department_{department}").id} if department else {}),
            }

    def _tell_submit(self, move, row):
        move.action_submit(self._comment("submit", row))

    def _tell_approve(self, move, row):
        comment = self._comment("approve", row)
        if not comment and move.validation_comment_required:
            comment = stories.comment("approve", self.env.lang, 1)
        move.action_approve(comment)

    def _tell_return(self, move, row):
        move.action_return(self._comment("return", row))

    def _tell_reject(self, move, row):
        move.action_reject(self._comment("reject", row))

    def _tell_ask_again(self, move, row):
        """Return the bill to the first level that approved it."""
        approved = move.sudo().validation_request_id.step_ids.filtered(lambda step: step.state == "approved")
        move.action_return(self._comment("ask_again", row), step_id=approved.sorted("sequence")[0].id)

    def _tell_refuse(self, move, row):
        """Refuse the first line of one's share, and approve the others."""
        step = move.sudo().validation_request_id._get_share_of(self.env.user)
        refused = {"line": step.share["rows"][0]["line"], "reason": self._comment("refuse", row)}
        step.sudo(False).action_refuse_lines([refused])

    def _tell_escalate(self, move, _row):
        """What the scheduled job does of a late answer."""
        move.validation_request_id.step_ids._follow_up("next_escalation_at", "_escalate")

    def _tell_correct(self, move, _row):
        line = move.invoice_line_ids[:1]
        line.price_unit = line.price_unit * 0.95

    def _tell_withdraw(self, move, row):
        move.action_cancel_validation(self._comment("withdraw", row))

    def _tell_post(self, move, _row):
        move.action_post()

    def _tell_cancel(self, move, _row):
        move.button_cancel()

    def _tell_pay(self, move, _row, share=1.0):
        register = self.env["account.payment.register"].with_context(active_model=move._name, active_ids=move.ids)
        payment = register.create({"payment_date": fields.Datetime.now().date()})
        payment.amount = move.currency_id.round(payment.amount * share)
        payment.action_create_payments()

    def _tell_pay_half(self, move, row):
        self._tell_pay(move, row, share=0.5)

    def _comment(self, what, row):
        return stories.comment(what, self.env.lang, row["number"])
