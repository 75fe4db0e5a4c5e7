from . import (
    account_access_explanation,
    account_department_invite,
    account_validation_decision,
    account_validation_posting,
)
from . import (
    account_validation_scope,
    account_validation_verify,
    account_validation_pack,
)
from . import (
    account_document_encryption,
)
from . import (
    account_payment_register,
)
