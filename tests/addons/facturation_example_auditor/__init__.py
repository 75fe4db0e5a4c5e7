BEFORE = "[('move_type', '!=', 'entry')]"


def uninstall_hook(env):
    """Put the rules back as facturation_collab made them: Odoo does not undo what a data file changed."""
    env.ref("facturation_collab.account_move_rule_auditor").domain_force = BEFORE
    env.ref("facturation_collab.account_move_line_rule_auditor").domain_force = BEFORE.replace("move_", "move_id.move_")
