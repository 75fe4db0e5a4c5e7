from . import (
    account_validation_scope,
    account_access_explanation,
    account_department_invite,
    account_document_encryption,
    account_payment_register,
    account_validation_bulk,
    account_validation_decision,
    account_validation_delegate,
    account_validation_handover,
    account_validation_pack,
    account_validation_posting,
    account_validation_verify,
)
