from . import account_validation_demo
from . import demo_company
from . import demo_people
from . import demo_partners
from . import demo_policies
from . import demo_documents
from . import demo_invoices
from . import demo_plans
