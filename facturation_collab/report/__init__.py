from . import account_confidential_total
