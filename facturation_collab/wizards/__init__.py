from . import (
    account_access_explanation,
    account_department_invite,
    account_validation_decision,
    account_validation_posting,
)
