from . import demo, models, report, wizards
from . import controllers, demo, models, report, wizards
from . import demo, models, wizards
from .hooks import uninstall_hook
