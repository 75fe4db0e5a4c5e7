from . import account_department_invite
