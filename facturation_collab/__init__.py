from . import demo, models, report, wizards
from . import controllers, demo, models, report, wizards
