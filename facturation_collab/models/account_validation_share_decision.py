import json

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from .. import credentials, lifecycle, shares
from ..calls import check_call

MOST_LINES = 1000
"""Lines that one call may refuse; an invoice with more is rejected as a whole."""


class AccountValidationRequest(models.Model):
    """What becomes of an invoice of which some lines were refused."""

    _inherit = "account.validation.request"

    partial_outcome = fields.Selection(
        [("return", "Return it"), ("approve", "Go on")], string="Some lines refused", readonly=True
    )
    refused_amount = fields.Monetary(
        string="Refused", readonly=True, help="Of the lines that were refused, with taxes, in the company's currency."
    )

    def _prepare_request_vals(self, policy, move, criteria):
        return {**super()._prepare_request_vals(policy, move, criteria), "partial_outcome": policy.partial_outcome}

    def _get_outcome(self):
        outcome = super()._get_outcome()
        if outcome not in ("pending", "approved"):
            return outcome
        return lifecycle.shared_outcome(outcome, self._get_share_outcomes(), self.partial_outcome)

    def _get_share_outcomes(self):
        """Return what became of the shares of each level that has decided on all of its own."""
        shared = self._get_live_steps().filtered("share").grouped("sequence").values()
        return [
            shares.outcome([(step.share, step._get_refused_positions()) for step in steps])
            for steps in shared
            if all(step.state == "approved" for step in steps)
        ]

    def _read_snapshot(self):
        """Return the content that was submitted, as plain values."""
        return json.loads(self.snapshot or "{}")

    def _get_refused(self):
        """Return {position of a line: {"part": refused part of it in percent, "reasons": texts, "accounts": ids of the
        analytic accounts whose part it is}}, of all shares.
        """
        found = {}
        for step in self._get_live_steps().filtered("refused"):
            reasons = {position: reason for position, reason, _user in step.refused}
            keys = (key.split(":") for key in step.share["keys"])
            accounts = {int(id_) for kind, id_ in keys if kind == "analytic"}
            for row in shares.refused_rows(step.share, reasons):
                refused = found.setdefault(row["line"], {"part": 0.0, "reasons": [], "accounts": set()})
                refused["part"] = min(100.0, refused["part"] + float(row["percent"]))
                refused["reasons"].append(reasons[row["line"]])
                refused["accounts"] |= accounts
        return found

    def _get_refusal_comment(self):
        """With the reasons why lines were refused, for whoever corrects the invoice or makes the credit note."""
        texts = [super()._get_refusal_comment(), *(step._describe_refused() for step in self._get_live_steps())]
        return "\n".join(filter(None, texts))


class AccountValidationStep(models.Model):
    """Deciding on a share: approving it without some of its lines. The same engine decides, at this very step."""

    _inherit = "account.validation.step"

    refused = fields.Json(
        string="Refused lines", readonly=True, help="[position in the snapshot, reason, user id] of each refused line."
    )

    # Actions

    def action_approve(self, comment=None):
        """Approve this step, as the present user.

        :param comment: text, required where the level says so
        :returns: False; in the browser, the dialog that asks for a proof of identity where the level asks for one
        :raises UserError: when the user cannot approve it now; says why
        """
        return self._decide_here("approve", comment)

    def action_refuse_lines(self, refused, comment=None):
        """Approve the share that this step asks about, but for some of its lines.

        :param refused: [{"line": position in the snapshot of the invoice, "reason": text}], at least one
        :param comment: text, required where the level says so
        :returns: as `action_approve`
        :raises UserError: when the user cannot approve it now, or the lines are not of this share; says why
        """
        check_call(self, comment, single=True)
        self.check_access("read")
        return self._decide_here("approve", comment, self.sudo()._check_refused(refused))

    def action_approve_authenticated(self, token, answer, comment=None, refused=None):
        """Approve this step with a proof of identity, as the dialog asks for it.

        :param token: as `action_approve` gave it to the dialog
        :param answer: as for `account.move.action_approve_authenticated`
        :param refused: as for `action_refuse_lines`, or None
        :raises UserError: when the answer is not right, came too late, or the step can no longer be approved
        """
        check_call(self, token, comment, single=True)
        self.check_access("read")
        step = self.sudo()
        refused = step._check_refused(refused) if refused else None
        asked = step.move_id._read_authentication_token(token)
        if not (step.authentication and self.id in asked):
            raise UserError(self.env._("Nothing is asked of you here any more. Reload the page to see where it is."))
        kind = self.env.user._verify_identity(step.authentication, answer)
        proof = credentials.Proof(self.env.uid, "approve", kind, asked)
        return self._decide_here("approve", comment, refused, proof)

    def action_return(self, comment):
        """Return the whole invoice to whoever submitted it, as the present user's decision on this step.

        :param comment: text that says what to correct
        :raises UserError: when the user cannot decide on it now; says why
        """
        return self._decide_here("return", comment)

    def action_reject(self, comment):
        """Reject the whole invoice, for good, as the present user's decision on this step.

        :param comment: text that says why
        :raises UserError: when the user cannot decide on it now; says why
        """
        return self._decide_here("reject", comment)

    def action_open_refusal(self):
        """Return the dialog in which single lines of this share are refused."""
        check_call(self, single=True)
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refuse lines"),
            "res_model": "account.validation.share.wizard",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_step_id": self.id},
        }

    # Business

    def _decide_here(self, outcome, comment, refused=None, proof=None):
        """Decide on this step through the engine, as the present user."""
        check_call(self, comment, single=True)
        self.check_access("read")
        request = self.sudo().request_id
        refusal = request._decide(outcome, comment, proof, at=self.id, refused=refused).get(request)
        if not refusal:
            return False
        step = self.sudo()
        if outcome == "approve" and not proof and step._can_decide(self.env.user)[0] and self.env.user._is_in_browser():
            return step._ask_authentication_here(comment, refused)
        raise UserError(refusal)

    def _ask_authentication_here(self, comment, refused):
        """Return the dialog that asks for a proof of identity, for this step alone."""
        move = self.move_id
        action = move._ask_authentication({move: self}, comment, "")
        params = action["params"] | {"model": self._name, "refused": None}
        if refused:
            params["refused"] = [{"line": position, "reason": reason} for position, reason in refused]
        params["moves"] = [{**params["moves"][0], "id": self.id, "name": self._get_share_title()}]
        if self.share:
            params["moves"][0]["amount"] = self._format_share(self.share["total"])
        return {**action, "params": params}

    def _check_refused(self, refused):
        """Return [[position, reason]] of the lines that somebody refuses of this share.

        :raises UserError: when they are not lines of it, or a reason is missing
        """
        self.ensure_one()
        if not self.share:
            raise UserError(
                self.env._("This level asks about the whole invoice: return or reject it, or approve it as it is.")
            )
        if not isinstance(refused, list) or not 0 < len(refused) <= MOST_LINES:
            raise UserError(self.env._("Choose at least one line to refuse, and say why."))
        own = {row["line"] for row in self.share["rows"]}
        found = {}
        for entry in refused:
            position, reason = (entry.get("line"), entry.get("reason")) if isinstance(entry, dict) else (None, None)
            if type(position) is not int or position not in own:
                raise UserError(self.env._("Only lines of your own share can be refused. Reload the page to see them."))
            if not isinstance(reason, str) or not reason.strip() or "\0" in reason:
                raise UserError(
                    self.env._(
                        "Say why each line is refused: the reason goes to whoever corrects the invoice.",
                    )
                )
            found[position] = reason.strip()
        return sorted([position, reason] for position, reason in found.items())

    def _note_refused(self, refused):
        """Note which lines the present user has just refused of this step. Called by `_record`, the only writer of
        decisions.
        """
        if not (self and refused):
            return
        self.ensure_one()
        before = [entry for entry in self.refused or [] if entry[0] not in {position for position, _reason in refused}]
        mine = [[position, reason, self.env.uid] for position, reason in refused]
        self._engine().write({"refused": sorted([*before, *mine])})
        live = self.request_id._get_live_steps().filtered("refused")
        rows = [row for step in live for row in shares.refused_rows(step.share, step._get_refused_positions())]
        self.request_id._engine().write({"refused_amount": float(shares.added(rows)["company"])})

    def _get_refused_positions(self):
        return {entry[0] for entry in self.refused or []}

    # Words

    def _describe_decided(self, outcome):
        text = super()._describe_decided(outcome)
        refused = self._describe_refused() if outcome == "approve" else ""
        return f"{text} {refused}" if refused else text

    def _describe_refused(self):
        """Return the sentence that says which lines of this step were refused, how much and why, or an empty text."""
        if not self.refused:
            return ""
        labels = self._get_share_lines()
        told = [
            self.env._("“%(line)s” (%(amount)s): %(reason)s", line=labels[position], amount=amount, reason=reason)
            for position, reason, amount in self._get_refused_amounts()
        ]
        return self.env._("Refused at level “%(level)s”: %(lines)s", level=self.name, lines="; ".join(told))

    def _get_refused_amounts(self):
        """Return [(position, reason, amount for people)] of the refused lines of this step."""
        amounts = {
            position: shares.added(shares.refused_rows(self.share, {position}))["total"]
            for position in self._get_refused_positions()
        }
        return [(position, reason, self._format_share(amounts[position])) for position, reason, _user in self.refused]

    def _get_share_lines(self):
        """Return {position: label} of the lines of this step's share, as they were submitted."""
        lines = self.request_id._read_snapshot().get("lines") or []
        return {
            row["line"]: (lines[row["line"]].get("name") or self.env._("Line %s", row["line"] + 1)).split("\n")[0]
            for row in self.share["rows"]
            if row["line"] < len(lines)
        }

    def _format_share(self, amount):
        return format_amount(self.env, float(amount), self.move_id.currency_id)

    def _get_share_title(self):
        """Return what names the document of this step for those who see their share alone: partner and reference."""
        move = self.move_id
        return " · ".join(filter(None, [move.partner_id.display_name, move.ref or move.payment_reference]))
