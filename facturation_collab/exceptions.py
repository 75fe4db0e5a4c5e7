"""Errors of this addon that clients tell from others: by their name, and programs by the status of the answer."""

from http import HTTPStatus

from odoo.exceptions import UserError


class RevisionConflict(UserError):
    """Somebody else changed the invoice since the client read it. Nothing was changed.

    The `context`, which Odoo passes on to clients, says who, what, and which revision the invoice has now.
    """

    http_status = HTTPStatus.CONFLICT

    def __init__(self, message, context):
        super().__init__(message)
        self.context = context
