from . import (
    account_department_invite,
    account_validation_decision,
    account_validation_posting,
    account_payment_register,
)
