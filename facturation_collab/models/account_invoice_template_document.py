"""A file of invoice templates as it was read: what it says, and what is wrong with it, line by line."""

from .account_validation_policy_document import PolicyDocument

FORMAT = "facturation_collab.templates"
FORMAT_VERSION = 1
TEMPLATE = "account.invoice.template"
SEPARATOR = " | "
"""Between the analytic accounts of different plans that share a percentage."""
PARTS = {
    "lines": ("line_ids", "account.invoice.template.line"),
    "questions": ("question_ids", "account.invoice.template.question"),
}
"""Lists of a template in a file: their field and their model."""


class TemplateDocument(PolicyDocument):
    """Reads and validates the text of a file of templates.

    :raises UserError: by `check()`, with one line for each thing that is wrong
    """

    FILE = "account.invoice.template.file"
    NAMED = (TEMPLATE,)

    def get(self, path):
        """Return what the file says at a path."""
        value = self.content
        for part in path:
            value = value[part]
        return value

    def _validate(self):
        content = self.content
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            self.add((), self.env._("This is no file of invoice templates: its “format” is not “%s”.", FORMAT))
            return
        if content.get("version") != FORMAT_VERSION:
            self.add(("version",), self.env._("This version of the format is not known: export the templates again."))
        templates = content.get("templates")
        if not isinstance(templates, list) or not templates:
            self.add(("templates",), self.env._("“templates” must be a list of one template or more."))
            return
        for position, template in enumerate(templates):
            self._validate_template(("templates", position), template)

    def _validate_template(self, path, template):
        if not self._validate_record(path, template, TEMPLATE, PARTS.keys()):
            return
        if "move_type" not in self.vals[path] and "move_type" not in template:
            self.add(path, self.env._("“move_type” is missing."))
        for key, (_name, model) in PARTS.items():
            parts = template.get(key)
            if not isinstance(parts, list | None):
                self.add((*path, key), self.env._("“%s” must be a list.", key))
                continue
            for position, part in enumerate(parts or []):
                self._validate_record((*path, key, position), part, model, set())

    def _validate_value(self, path, field, value):
        if field.name != "analytic_distribution":
            return super()._validate_value(path, field, value)
        if value is None:
            return True, False
        numbers = isinstance(value, dict) and all(
            isinstance(share, int | float) and not isinstance(share, bool) for share in value.values()
        )
        if not numbers:
            return self._answer(False, path, value, self.env._("A share for each analytic account is expected here."))
        found = {}
        for names, share in value.items():
            records = [self._find(path, "account.analytic.account", name) for name in names.split(SEPARATOR)]
            found[",".join(str(record.id) for record in records if record)] = share
        return True, found
