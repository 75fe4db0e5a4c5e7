import logging
from collections import defaultdict

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

BATCH = 20
"""Documents that one step of the scheduled job encrypts: between two of them it commits and may be stopped."""

# Models whose documents are those of an invoice, and the path from there to its department.
INVOICE_PATHS = {
    "account.move": "department_id",
    "account.move.line": "move_id.department_id",
    "account.move.send.wizard": "move_id.department_id",
    "account.invoice.question": "move_id.department_id",
    "account.validation.request": "move_id.department_id",
    "account.validation.step": "move_id.department_id",
    "account.validation.event": "request_id.move_id.department_id",
}
# Models that are about a record of any model, and the two fields that name it.
THREAD_FIELDS = {
    "mail.message": ("model", "res_id"),
    "mail.scheduled.message": ("model", "res_id"),
    "mail.activity": ("res_model", "res_id"),
}
CRON = "facturation_collab.ir_cron_encrypt_documents"


class IrAttachment(models.Model):
    """Which documents are encrypted, and when they become so.

    Those of the invoices of confidential departments: of the invoice, its lines, messages, activities, questions and
    validation, and what Odoo makes of these documents (thumbnails).
    """

    _inherit = "ir.attachment"

    @api.model
    def _get_confidential_documents(self):
        """Records whose documents are encrypted: {model: domain}; empty when no department is confidential."""
        department_ids = self.env["hr.department"]._get_confidential_ids()
        if not department_ids:
            return {}
        confidential = Domain("department_id", "in", list(department_ids))
        moves = self.env["account.move"].sudo()._search(confidential)
        paths = {model: Domain(path, "in", list(department_ids)) for model, path in INVOICE_PATHS.items()}
        threads = {
            model: Domain(model_field, "=", "account.move") & Domain(id_field, "in", moves)
            for model, (model_field, id_field) in THREAD_FIELDS.items()
        }
        return {model: domain for model, domain in (paths | threads).items() if model in self.env}

    # Which of these

    def _filter_secret(self):
        """Those of these documents that must be encrypted. No query while no department is confidential."""
        if not self.env["hr.department"]._get_confidential_ids():
            return self.browse()
        pairs = {document: (document.res_model, document.res_id) for document in self.sudo()}
        secret = self._find_secret_pairs(set(pairs.values()))
        return self.browse(document.id for document, pair in pairs.items() if pair in secret)

    @api.model
    def _find_secret_vals(self, vals_list):
        """Positions of those values of new documents that make one to be encrypted."""
        if not self.env["hr.department"]._get_confidential_ids():
            return set()
        default = self.env.context.get
        # As the field itself takes ids: a program may send them as text.
        pairs = [
            (
                vals.get("res_model", default("default_res_model")),
                int(vals.get("res_id", default("default_res_id")) or 0),
            )
            for vals in vals_list
        ]
        secret = self._find_secret_pairs(set(pairs))
        return {index for index, pair in enumerate(pairs) if pair in secret}

    @api.model
    def _find_secret_pairs(self, pairs):
        """Those of the pairs (model, id) whose documents must be encrypted; one query for each model concerned.

        Without any key on the server, and without any encrypted document, nothing is: confidential departments then
        rely on access rights alone, and the screen of the encryption says so.

        :raises UserError: when documents are encrypted in this database and the server has lost all its keys
        """
        ids = defaultdict(set)
        for model, id_ in pairs:
            if model and id_:
                ids[model].add(id_)
        domains = self._get_confidential_documents()
        secret = set()
        for model in ids.keys() & domains.keys():
            records = self.env[model].sudo().with_context(active_test=False)
            found = records.search(Domain("id", "in", list(ids[model])) & domains[model])
            secret |= {(model, id_) for id_ in found.ids}
        if variants := ids.get("ir.attachment"):
            parents = self.sudo().browse(variants).exists()
            above = {(parent.res_model, parent.res_id) for parent in parents if parent.res_model != "ir.attachment"}
            above = self._find_secret_pairs(above)
            secret |= {("ir.attachment", parent.id) for parent in parents if (parent.res_model, parent.res_id) in above}
        return secret if secret and self._can_encrypt() else set()

    @api.model
    def _can_encrypt(self):
        """Whether the server has a key. Fails rather than store plain text beside what is encrypted already."""
        if self._get_encryption_keys():
            return True
        if self._search_documents(Domain("encryption_key", "!=", False), limit=1):
            raise UserError(
                self.env._(
                    "This document must be encrypted, and the server has lost its keys. Ask whoever runs the server to "
                    "put them back into FACTURATION_COLLAB_KEYS: nothing was changed or lost.",
                )
            )
        return False

    # Bringing documents in step

    @api.model
    def _get_unsettled_domain(self):
        """Documents that are not stored as they should be: plain, under an older key, or encrypted without need."""
        secret = self._get_secret_domain()
        unneeded = Domain("encryption_key", "!=", False) & ~secret
        keys = self._get_encryption_keys()
        if not keys:
            return unneeded
        return unneeded | secret & Domain("encryption_key", "!=", next(iter(keys)))

    @api.model
    def _get_secret_domain(self):
        """Documents that have a content and must be encrypted."""
        secret = Domain.OR(
            Domain("res_model", "=", model)
            & Domain("res_id", "in", self.env[model].sudo().with_context(active_test=False)._search(domain))
            for model, domain in self._get_confidential_documents().items()
        )
        has_content = Domain("file_size", ">", 0) | Domain("checksum", "=", False) & Domain("db_datas", "!=", False)
        return self._with_variants(secret) & has_content

    @api.model
    def _with_variants(self, domain):
        """Add what Odoo made of these documents: thumbnails and smaller images."""
        if domain.is_false():
            return domain
        variants = self._search_documents(domain, as_query=True)
        return domain | Domain("res_model", "=", "ir.attachment") & Domain("res_id", "in", variants)

    @api.model
    def _search_documents(self, domain, as_query=False, **options):
        """Search among all documents, those of binary fields included."""
        documents = self.sudo().with_context(skip_res_field_check=True)
        return documents._search(domain, **options) if as_query else documents.search(domain, **options)

    def _settle(self):
        """Store each of these documents as it should be: encrypted with the present key, or not at all."""
        secret = self._filter_secret()
        current = next(iter(self._get_encryption_keys()), False) if secret else False
        for document in self.sudo():
            wanted = current if document in secret else False
            if (document.encryption_key or False) != wanted and (document.store_fname or document.db_datas):
                document._store_again(encrypted=bool(wanted))

    def _store_again(self, encrypted):
        """Write the content to a new file and let the row point to it; the old file stays until it is collected.

        :raises UserError: when the content cannot be read in full; the document then stays as it is
        """
        content = self.raw or b""
        if self.store_fname and len(content) != self.file_size:
            raise UserError(
                self.env._(
                    "The file of “%(name)s” (document %(id)s) is missing or incomplete, so that it was left as it is. "
                    "Ask whoever runs the server to restore it from a backup.",
                    name=self.name,
                    id=self.id,
                )
            )
        self._store_as(lambda document: content, encrypted)
        self.invalidate_recordset(["raw", "datas"])

    def _sync_linked(self):
        """Encrypt documents that were just linked to a confidential invoice, with what Odoo made of them.

        Those that left one stay readable, and are left to the daily job.
        """
        if secret := self._filter_secret():
            self._search_documents(self._with_variants(Domain("id", "in", secret.ids)))._settle()
            self._settle_later()

    @api.model
    def _settle_later(self):
        """Ask the scheduled job for the rest: what is left, and the plain copies that files leave behind."""
        if cron := self.env.ref(CRON, raise_if_not_found=False):
            cron.sudo()._trigger()

    @api.model
    def _settle_invoices(self, move_ids):
        """Bring the documents of invoices in step whose department changed: a few at once, many by the job."""
        documents = self.with_env(self.env(user=SUPERUSER_ID, context={}))
        mine = Domain("res_model", "=", "account.move") & Domain("res_id", "in", list(move_ids))
        unsettled = documents._with_variants(mine) & documents._get_unsettled_domain()
        found = documents._search_documents(unsettled, limit=BATCH + 1)
        if not found:
            return
        if len(found) <= BATCH:
            found._settle()
        documents._settle_later()
        documents.env.flush_all()

    @api.model
    def _cron_encrypt_documents(self):
        """Settle whatever is not, a few documents at a time; then collect the plain files left behind.

        Each step is committed, so that the job may be stopped anywhere. A document that cannot be read is left as it is
        and does not hold up the others.
        """
        IrCron = self.env["ir.cron"]
        domain = self._get_unsettled_domain()
        found = self._search_documents(domain, order="id", as_query=True).get_result_ids()
        time_left = IrCron._commit_progress(remaining=len(found))
        for start in range(0, len(found), BATCH):
            if not time_left:
                return
            batch = self._search_documents(Domain("id", "in", found[start : start + BATCH]) & domain, order="id")
            for document in batch.try_lock_for_update():
                document._settle_or_log()
            time_left = IrCron._commit_progress(len(found[start : start + BATCH]))
        self._gc_file_store()

    def _settle_or_log(self):
        try:
            with self.env.cr.savepoint():
                self._settle()
        except (UserError, OSError) as error:
            _logger.error("Document %s was left as it is: %s", self.id, error)

    @api.model
    def _decrypt_all(self):
        """Store every encrypted document plain: once, before the addon is uninstalled."""
        for document in self._search_documents(Domain("encryption_key", "!=", False)):
            document._store_again(encrypted=False)
