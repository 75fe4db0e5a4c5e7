from . import (
    account_department_invite,
    account_document_encryption,
    account_validation_decision,
    account_validation_posting,
)
