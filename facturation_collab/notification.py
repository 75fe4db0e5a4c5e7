"""The message with which Odoo answers an action."""


def get_notification(message, *, is_warning, title=None, then=None):
    """Return the client action that shows a message, a line of it on a line of the screen.

    :param message: text, with a line break between its sentences
    :param is_warning: whether it stays until it is closed
    :param title: text that comes before, or None
    :param then: the action that follows, or None
    """
    params = {
        "type": "warning" if is_warning else "success",
        "sticky": is_warning,
        "message": message,
        "className": "text-prewrap",
        **({"title": title} if title else {}),
        **({"next": then} if then else {}),
    }
    return {"type": "ir.actions.client", "tag": "display_notification", "params": params}
