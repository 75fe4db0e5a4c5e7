def uninstall_hook(env):
    """Store every encrypted document as plain text again: without the addon nobody could read it.

    :raises UserError: when a key is missing; the uninstallation then stops and nothing is lost
    """
    env["ir.attachment"]._decrypt_all()
