import logging
import os

from werkzeug.exceptions import ServiceUnavailable

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.http import Stream
from odoo.tools import config

from .. import encryption

_logger = logging.getLogger(__name__)

KEYS_VARIABLE = "FACTURATION_COLLAB_KEYS"
KEYS_OPTION = "facturation_collab_keys"

SEALED = object()
"""Only code that imports this very object makes Odoo store a document encrypted: a context that comes from a client
does not.
"""
SEALED_KEY = "facturation_collab_sealed"


class IrAttachment(models.Model):
    """How an encrypted document is stored and read, wherever Odoo keeps it.

    Such a document has a random name instead of the SHA-1 of its content. The name alone says that it is encrypted, so
    that reading any other document costs nothing more; it shares its file with no other, and tells nothing of it. All
    that Odoo does with files (garbage collection, copies, backups) goes on as before. Which documents are encrypted:
    `ir_attachment_encryption.py`.
    """

    _inherit = "ir.attachment"

    encryption_key = fields.Char(
        readonly=True,
        copy=False,
        prefetch=False,
        index="btree_not_null",
        help="The name of the server's key that encrypted this document. Empty: not encrypted.",
    )

    def _compute_raw(self):
        super()._compute_raw()
        for attachment in self:
            if not attachment.store_fname and attachment.db_datas and encryption.is_encrypted(attachment.checksum):
                attachment.raw = attachment._decrypt(attachment.db_datas, attachment.checksum)

    # CRUD

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [{**vals, "encryption_key": False} for vals in vals_list]
        secret = self._find_secret_vals(vals_list)
        if not secret:
            return super(IrAttachment, self._sealing(False)).create(vals_list)
        created = {}
        for seal in (False, True):
            positions = [index for index in range(len(vals_list)) if (index in secret) is seal]
            batch = [_get_content_vals(vals_list[index]) if seal else vals_list[index] for index in positions]
            records = super(IrAttachment, self._sealing(seal)).create(batch) if batch else self.browse()
            created |= dict(zip(positions, records.ids, strict=True))
        return self.browse([created[index] for index in range(len(vals_list))])

    def write(self, vals):
        vals = {name: vals[name] for name in vals if name != "encryption_key"}
        if vals.get("db_datas") and self._filter_secret():
            vals = _get_content_vals(vals)
        result = super().write(vals)
        if vals.keys() & {"res_model", "res_id"}:
            self._sync_linked()
        return result

    # Storing

    def _set_attachment_data(self, asbytes):
        secret = self._filter_secret()
        (self - secret)._store_as(asbytes, encrypted=False)
        secret._store_as(asbytes, encrypted=True)

    def _store_as(self, asbytes, encrypted):
        """Store the content of these documents anew, encrypted or not; the old files are left to the collector."""
        if self:
            sealing = self._sealing(encrypted)
            super(IrAttachment, sealing)._set_attachment_data(asbytes)  # pylint: disable=super-method-mismatch

    def _get_datas_related_values(self, data, mimetype):
        values = super()._get_datas_related_values(data, mimetype)
        if not encryption.is_encrypted(values["checksum"]):
            return {**values, "encryption_key": False}
        # What was read out of a document for searching would be in the database as plain text.
        values |= {"index_content": False, "encryption_key": next(iter(self._get_encryption_keys()))}
        if values["db_datas"]:
            values["db_datas"] = self._encrypt(data, values["checksum"])
        return values

    def _compute_checksum(self, bin_data):
        if bin_data and self._is_sealing():
            return encryption.new_name()
        return super()._compute_checksum(bin_data)

    @api.model
    def _index(self, bin_data, file_type, checksum=None):
        if self._is_sealing():
            return None
        return super()._index(bin_data, file_type, checksum=checksum)

    @api.model
    def _file_write(self, bin_value, checksum):
        if not encryption.is_encrypted(checksum):
            return super()._file_write(bin_value, checksum)
        blob = self._encrypt(bin_value, checksum)
        fname, full_path = self._get_path(blob, checksum)
        # Before the file exists, so that none is forgotten should the transaction or the server end here.
        self._mark_for_gc(fname)
        with open(full_path, "xb") as file:
            file.write(blob)
            file.flush()
            os.fsync(file.fileno())
        return fname

    # Reading

    @api.model
    def _file_read(self, fname, size=None):
        if not encryption.is_encrypted(fname):
            return super()._file_read(fname, size)
        blob = super()._file_read(fname)
        if not blob and not os.path.exists(self._full_path(fname)):
            return blob
        return self._decrypt(blob, os.path.basename(fname))[:size]

    def _to_http_stream(self):
        self.ensure_one()
        if not encryption.is_encrypted(self.store_fname or self.checksum):
            return super()._to_http_stream()
        try:
            content = self.raw or b""
        except UserError as error:
            # A page that Odoo's routes would call "not found" is there: it cannot be read now.
            raise ServiceUnavailable(str(error)) from error
        return Stream(
            type="data",
            data=content,
            size=len(content),
            mimetype=self.mimetype,
            download_name=self.name,
            etag=self.checksum,
            last_modified=self.write_date,
            public=self.public,
        )

    # Keys

    @api.model
    def _get_encryption_keys(self):
        """Keys of this server by name, the one that encrypts first; from its environment, else its configuration.

        :raises UserError: when they cannot be read
        """
        try:
            return encryption.parse_keys(os.environ.get(KEYS_VARIABLE) or config.get(KEYS_OPTION) or "")
        except encryption.EncryptionError as error:
            raise self._get_encryption_error(error) from error

    @api.model
    def _encrypt(self, content, name):
        return encryption.encrypt(content, name, self._get_encryption_keys())

    @api.model
    def _decrypt(self, blob, name):
        """:raises UserError: says what is missing; nothing is changed"""
        try:
            return encryption.decrypt(blob, name, self._get_encryption_keys())
        except encryption.EncryptionError as error:
            raise self._get_encryption_error(error, name) from error

    @api.model
    def _get_encryption_error(self, error, name=""):
        """Log why a document cannot be read, in one line, and return the error that a person reads."""
        _logger.error("Document %s cannot be encrypted or decrypted: %s, key “%s”", name, type(error).__name__, error)
        text = {
            encryption.BadKeysError: self.env._(
                "The server's encryption keys cannot be read. Ask whoever runs the server to correct the entry “%s” of "
                "FACTURATION_COLLAB_KEYS: nothing was changed or lost.",
                error.key_id,
            ),
            encryption.MissingKeyError: self.env._(
                "This document is encrypted with the key “%s”, which the server does not have. Ask whoever runs the "
                "server to add it to FACTURATION_COLLAB_KEYS: nothing was changed or lost.",
                error.key_id,
            ),
            encryption.WrongKeyError: self.env._(
                "This document was encrypted with another key than the one that the server calls “%s”. Ask whoever "
                "runs the server to put the right one back into FACTURATION_COLLAB_KEYS: nothing was changed or lost.",
                error.key_id,
            ),
            encryption.AlteredError: self.env._(
                "The stored file of this document was altered, cut off or exchanged, so that it is not shown. Ask "
                "whoever runs the server to restore the file “%s” from a backup.",
                name,
            ),
        }
        return UserError(text[type(error)])

    def _sealing(self, encrypted):
        """Return these records with or without the order to encrypt what is stored with them."""
        if self._is_sealing() == encrypted:
            return self
        return self.with_context(**{SEALED_KEY: SEALED if encrypted else None})

    def _is_sealing(self):
        return self.env.context.get(SEALED_KEY) is SEALED


def _get_content_vals(vals):
    """Return values in which content written straight into the database has become content that is encrypted."""
    if not vals.get("db_datas") or vals.get("raw") or vals.get("datas"):
        return vals
    return {("raw" if name == "db_datas" else name): value for name, value in vals.items() if name != "raw"}
