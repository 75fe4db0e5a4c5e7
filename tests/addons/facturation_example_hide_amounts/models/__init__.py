from . import res_users, amounts, account_move, account_validation_wording
