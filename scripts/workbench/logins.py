"""Who can log in to the demo company, and who plays which role: read from the database."""

from __future__ import annotations

from .database import Databases
from .layout import ADDON

# Groups worth telling, by XML id.
GROUPS = {
    f"{ADDON}.group_administrator": "Administrator",
    f"{ADDON}.group_auditor": "Auditor",
    f"{ADDON}.group_customer_service": "Customer service",
    "base.group_portal": "Portal",
    "account.group_account_manager": "Finance (manager)",
    "account.group_account_invoice": "Finance",
    "base.group_system": "Settings",
}
QUERY = """
WITH RECURSIVE held AS (
    SELECT uid, gid FROM res_groups_users_rel
    UNION
    SELECT held.uid, implied.hid FROM held JOIN res_groups_implied_rel implied ON implied.gid = held.gid
)
SELECT users.login, partner.name,
       coalesce((SELECT string_agg(DISTINCT data.module || '.' || data.name, ',')
                   FROM held JOIN ir_model_data data ON data.model = 'res.groups' AND data.res_id = held.gid
                  WHERE held.uid = users.id), ''),
       {roles}
  FROM res_users users JOIN res_partner partner ON partner.id = users.partner_id
 WHERE users.active AND users.login NOT LIKE '\\_\\_%'
 ORDER BY users.id
"""
ROLES = """
coalesce((SELECT string_agg(member.role || ' of ' || coalesce({department}), ', ' ORDER BY member.id)
            FROM account_department_member member JOIN hr_department department ON department.id = member.department_id
           WHERE member.user_id = users.id), '')
"""
NAMES = "department.name ->> 'en_US', (SELECT value FROM jsonb_each_text(department.name) LIMIT 1)"


def table(databases: Databases, database: str) -> list[str]:
    """Lines of a table: login, name, roles. The password of a demo user is the login."""
    rows = [("login", "name", "plays")]
    has_roles = databases.sql("SELECT to_regclass('account_department_member') IS NOT NULL", database) == "t"
    roles = ROLES.format(department=_department_name(databases, database)) if has_roles else "''"
    for line in databases.sql(QUERY.format(roles=roles), database).splitlines():
        login, name, groups, departments = line.split("|")
        rows.append((login, name, _plays(groups.split(","), departments)))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return [f"  {login:<{widths[0]}}  {name:<{widths[1]}}  {plays}".rstrip() for login, name, plays in rows]


def _department_name(databases: Databases, database: str) -> str:
    """A department's name is translated or not, depending on what is installed."""
    question = "SELECT pg_typeof(name) FROM hr_department LIMIT 1"
    return NAMES if databases.sql(question, database) == "jsonb" else "department.name"


def _plays(groups: list[str], departments: str) -> str:
    titles = [title for group, title in GROUPS.items() if group in groups]
    if "Finance (manager)" in titles:
        titles.remove("Finance")
    return ", ".join(filter(None, [*titles, departments]))
