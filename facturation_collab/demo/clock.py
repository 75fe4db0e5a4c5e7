from contextlib import contextmanager
from threading import get_ident
from unittest.mock import patch

from odoo import fields


@contextmanager
def at(moment):
    """Let the code below, in this thread only, record what it does as of a moment in the past (UTC).

    The demo relives the last months through the engine's own methods. Only demo data do this: nothing that the addon
    does in production passes here.
    """
    thread, real = get_ident(), fields.Datetime.now

    def now(*args):
        return moment if get_ident() == thread else real(*args)

    with patch.object(fields.Datetime, "now", staticmethod(now)):
        yield
