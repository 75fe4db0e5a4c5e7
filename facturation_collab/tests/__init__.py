from . import test_departments
from . import test_department_roles_hr
from . import test_record_rules
from . import test_contributor
from . import test_real_documents
