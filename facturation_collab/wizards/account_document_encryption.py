from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..calls import check_call
from ..models.ir_attachment_encryption import CRON
from ..notification import get_notification


class AccountDocumentEncryption(models.TransientModel):
    """Administrators see how the documents of confidential departments are stored: figures, never a document."""

    _name = "account.document.encryption"
    _description = "Encryption of documents"

    current_key = fields.Char(string="Key in use", compute="_compute_figures")
    problem = fields.Text(compute="_compute_figures")
    department_count = fields.Integer(string="Confidential departments", compute="_compute_figures")
    plain_count = fields.Integer(
        string="Not encrypted yet",
        compute="_compute_figures",
        help="Documents of confidential departments that are stored as plain text.",
    )
    unsettled_count = fields.Integer(
        string="Left to do",
        compute="_compute_figures",
        help="Documents to encrypt, to bring to the key in use, or to store plain since their department is no longer "
        "confidential.",
    )
    line_ids = fields.One2many(
        "account.document.encryption.line",
        "encryption_id",
        string="Keys",
        default=lambda self: self._default_line_ids(),
        readonly=True,
    )

    @api.model
    def _default_line_ids(self):
        self.check_access("create")
        groups = (
            self.env["ir.attachment"]
            .sudo()
            .with_context(skip_res_field_check=True)
            ._read_group([("encryption_key", "!=", False)], ["encryption_key"], ["__count", "id:min"])
        )
        return [
            Command.create({"key": key, "document_count": count, "state": self._get_key_state(key, document_id)})
            for key, count, document_id in groups
        ]

    @api.depends_context("lang")
    def _compute_display_name(self):
        for screen in self:
            screen.display_name = self.env["ir.model"]._get(self._name).name

    @api.depends_context("uid")
    def _compute_figures(self):
        self.check_access("read")
        Attachment = self.env["ir.attachment"]
        try:
            keys, problem = Attachment._get_encryption_keys(), ""
        except UserError as error:
            keys, problem = {}, str(error)
        secret = Attachment._get_secret_domain()
        plain = len(Attachment._search_documents(secret & Domain("encryption_key", "=", False)))
        departments = self.env["hr.department"]._get_confidential_ids()
        if departments and not keys and not problem:
            problem = self.env._(
                "The server has no key: documents of confidential departments are not encrypted. Ask whoever runs the "
                "server to set FACTURATION_COLLAB_KEYS.",
            )
        unsettled = 0 if problem else len(Attachment._search_documents(Attachment._get_unsettled_domain()))
        for screen in self:
            screen.current_key = next(iter(keys), False)
            screen.problem = problem
            screen.department_count = len(departments)
            screen.plain_count = plain
            screen.unsettled_count = unsettled

    @api.model
    def _get_key_state(self, key, document_id):
        """State of a key; tried on one document that it encrypted, since another one may bear its name."""
        Attachment = self.env["ir.attachment"].sudo()
        try:
            keys = Attachment._get_encryption_keys()
            if key not in keys:
                return "missing"
            Attachment.browse(document_id).read(["raw"])
        except UserError:
            return "wrong"
        return "current" if key == next(iter(keys)) else "older"

    def action_run(self):
        """Let the scheduled job do now what is left; it goes on in the background."""
        check_call(self)
        self.check_access("write")
        self.env.ref(CRON).sudo()._trigger()
        return get_notification(
            self.env._("The documents are being brought in step in the background. Refresh to see how far."),
            is_warning=False,
            then={"type": "ir.actions.client", "tag": "soft_reload"},
        )

    def action_refresh(self):
        """Open the screen again with new figures."""
        check_call(self)
        return self.env["ir.actions.act_window"]._for_xml_id("facturation_collab.account_document_encryption_action")


class AccountDocumentEncryptionLine(models.TransientModel):
    _name = "account.document.encryption.line"
    _description = "Documents encrypted with one key"

    encryption_id = fields.Many2one("account.document.encryption", required=True, ondelete="cascade")
    key = fields.Char()
    document_count = fields.Integer(string="Documents")
    state = fields.Selection(
        [
            ("current", "In use"),
            ("older", "Older: being replaced, keep it until no document is left"),
            ("missing", "Missing from the server: these documents cannot be read"),
            ("wrong", "Does not open the documents that bear its name"),
        ]
    )
