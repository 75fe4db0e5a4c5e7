from . import facturation_example_region, res_users, account_access_reason
