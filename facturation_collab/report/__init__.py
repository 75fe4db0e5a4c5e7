from . import account_validation_trail
