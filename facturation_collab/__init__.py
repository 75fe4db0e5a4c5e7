from . import demo, models, report, wizards
from . import controllers
from .hooks import uninstall_hook
