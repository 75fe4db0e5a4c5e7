from . import account_validation_trail
from . import account_confidential_total
