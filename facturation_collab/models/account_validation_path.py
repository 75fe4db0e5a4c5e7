from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AccountValidationLevel(models.Model):
    """Levels that ask the users whom a path from the invoice reaches: `partner_id.parent_id.user_id`."""

    _inherit = "account.validation.level"

    approver_type = fields.Selection(
        selection_add=[("path", "User reached from the invoice")], ondelete={"path": "cascade"}
    )
    approver_path = fields.Char(
        "Path to the user",
        help="Names of fields with dots between them, from the invoice to a user: partner_id.parent_id.user_id",
    )

    @api.depends("approver_path")
    def _compute_summary(self):
        super()._compute_summary()

    @api.constrains("approver_type", "approver_path")
    def _check_path(self):
        """Whoever writes a path must be allowed to read along it. Odoo calls constraints with elevated rights."""
        for level in self.sudo(False).filtered(lambda level: level.approver_type == "path"):
            if problem := level._get_path_problem(level.approver_path):
                raise ValidationError(
                    self.env._(
                        "The path of level “%(level)s” cannot be used: %(problem)s", level=level.name, problem=problem
                    )
                )

    @api.model
    def _get_needed_fields(self):
        return {**super()._get_needed_fields(), "path": "approver_path"}

    @api.model
    def _get_path_problem(self, path):
        """Return why a path does not lead from an invoice to users, or why the present user may not use it, or an empty
        text.
        """
        model = self.env["account.move"]
        for name in (path or "").split("."):
            field = model._fields.get(name)
            if not field or not field.relational:
                return self.env._(
                    "“%(name)s” is no link from %(model)s to other records: use names of relations only.",
                    name=name,
                    model=model._description,
                )
            if not (field.store or field.related):
                return self.env._("“%s” is computed each time: use relations that are stored.", name)
            if not self._may_follow(model, field):
                return self.env._("“%s” is not open to you: use relations that you may read.", name)
            model = self.env[field.comodel_name]
        if model._name != "res.users":
            return self.env._("it leads to %s, not to users.", model._description)
        return ""

    @api.model
    def _may_follow(self, model, field):
        """Tell whether the present user may read a relation of a model. Some are closed to everybody."""
        if field.groups == fields.NO_ACCESS:
            return False
        return model.has_access("read") and model._has_field_access(field, "read")

    def _get_approvers_path(self, moves):
        """Nobody once the path no longer exists, as after an app was uninstalled."""
        if self._get_path_problem(self.approver_path):
            return dict.fromkeys(moves._ids, self.env["res.users"])
        return {move.id: move.with_company(move.company_id).mapped(self.approver_path) for move in moves}

    def _get_possible_approvers_path(self):
        """Whoever an invoice may lead to cannot be told in advance."""
        return self.env["res.users"]

    def _get_lack_reason_path(self, move, candidates, facts):
        if candidates:
            return ""
        if problem := self._get_path_problem(self.approver_path):
            return self.env._("its path cannot be used any more. %s An administrator must change it.", problem)
        return self.env._("the path leads to nobody on this invoice: fill the fields on the way, or name others.")


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _get_level_values(self, level):
        return {**super()._get_level_values(level), "path": level.approver_path or None}

    @api.model
    def _describe_user_path(self, path):
        """Return the labels of a path, as far as it exists: Partner > Salesperson."""
        model, labels = self.env["account.move"], []
        for name in (path or "").split("."):
            field = model._fields.get(name)
            if not field or not field.relational:
                return path or ""
            labels.append(field._description_string(self.env))
            model = self.env[field.comodel_name]
        return " > ".join(labels)

    @api.model
    def _describe_approvers_path(self, values):
        return self.env._("the user under “%s” of the invoice", self._describe_user_path(values["path"]))

    @api.model
    def _describe_why_path(self, reason):
        return self.env._(
            "User under “%(path)s” of this invoice, asked by the policy “%(policy)s”",
            path=self._describe_user_path(reason["path"]),
            policy=reason["policy"],
        )
