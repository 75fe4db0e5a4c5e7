from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

# How many of a vendor's last bills must agree before their department is proposed.
PAST_BILLS = 3
# Departments that an invoice of `company_id` may belong to: those of no company, of its own and of its parents.
DEPARTMENT_DOMAIN = "['|', ('company_id', '=', False), ('company_id', 'parent_of', company_id)]"


class AccountMove(models.Model):
    _inherit = "account.move"

    department_id = fields.Many2one(
        "hr.department",
        compute="_compute_department_id",
        # The default depends on who enters the invoice, and on whether it is a person at all.
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        tracking=True,
        domain=DEPARTMENT_DOMAIN,
        help="The department that owns this invoice: the people who have a role there see it.",
    )
    department_reader_ids = fields.Many2many(
        "res.users",
        compute="_compute_department_reader_ids",
        search="_search_department_reader_ids",
        groups=NO_ACCESS,
        help="Who has a role in its department: what the record rule of invoices tests.",
    )

    # Finds the last bills of a vendor that had a department.
    _department_partner_idx = models.Index("(partner_id, id) WHERE department_id IS NOT NULL")

    def _auto_init(self):
        """Create the column empty, so that installing does not compute it for every existing invoice."""
        if not column_exists(self.env.cr, "account_move", "department_id"):
            create_column(self.env.cr, "account_move", "department_id", "int4")
        return super()._auto_init()

    @api.depends("journal_id", "partner_id")
    def _compute_department_id(self):
        """Propose a department for draft invoices without one; a chosen department is never changed."""
        undecided = self.filtered(
            lambda move: not move.department_id and move.state == "draft" and move.is_invoice(include_receipts=True)
        )
        proposed = undecided._get_default_departments() if undecided else {}
        for move in self:
            move.department_id = proposed.get(move) or move.department_id

    @api.depends("department_id.reader_ids")
    def _compute_department_reader_ids(self):
        for move in self:
            move.department_reader_ids = move.department_id.reader_ids

    def _search_department_reader_ids(self, operator, value):
        """Invoices of the departments of these users. The path to them would join departments: PostgreSQL then reads
        all invoices that a user takes part in, to find which of a few are among them.
        """
        if operator != "in" or False in value:
            return NotImplemented
        readers = self.env["hr.department"]._fields["reader_ids"]
        departments = SQL(
            "(SELECT %s FROM %s WHERE %s IN %s)",
            SQL.identifier(readers.column1),
            SQL.identifier(readers.relation),
            SQL.identifier(readers.column2),
            tuple(value),
            to_flush=readers,
        )
        return Domain("department_id", "in", departments)

    @api.constrains("department_id", "company_id")
    def _check_department_company(self):
        for move in self.filtered("department_id"):
            company = move.department_id.sudo().company_id
            if company and company not in move.company_id.sudo().parent_ids:
                raise ValidationError(
                    self.env._(
                        "The department %(department)s belongs to the company %(other)s, not to %(company)s. Choose a "
                        "department of %(company)s.",
                        department=move.department_id.sudo().name,
                        other=company.name,
                        company=move.company_id.sudo().name,
                    )
                )

    def _get_default_departments(self):
        """Department of each of these invoices: {move: department}, for those where one is found.

        For a person, their own department; then, and for a received document at once, the journal's, the partner's and
        what the partner's last bills had. The number of queries does not depend on the number of invoices.
        """
        finders = [self._get_configured_departments]
        if self.env["hr.department"]._has_roles():
            finders.append(self._get_past_departments)
            if not self._is_received_document():
                finders.insert(0, self._get_own_departments)
        found = {}
        for find in finders:
            found = find() | found
            if len(found) == len(self):
                break
        return found

    def _is_received_document(self):
        """Whether these invoices come in as documents (e-mail alias, finance's upload) rather than from a person.

        A person of a department always works for that department, also when uploading.
        """
        if self.env.user._is_department_user():
            return False
        return self.env.su or self.env.context.get("facturation_collab_received", False)

    def _get_configured_departments(self):
        """Departments set on the journal, else on the partner, of these invoices."""
        found = {}
        for move in self.sudo():
            partner = move.partner_id.with_company(move.company_id)
            department = (
                move.journal_id.department_id or partner.department_id or partner.commercial_partner_id.department_id
            )
            if department and move._accepts_department(department):
                found[move] = department
        return found

    def _get_own_departments(self):
        """The department of the person who enters these invoices, where they hold a role that may edit drafts."""
        own = self.env["hr.department"]._get_own_departments(self.env.user)
        if not own:
            return {}
        found = {move: own.filtered(move._accepts_department)[:1] for move in self.sudo()}
        return {move: department for move, department in found.items() if department}

    def _get_past_departments(self):
        """The department of the partner's last bills, where these agree."""
        bills = self.filtered(lambda move: move.partner_id and move.is_purchase_document(include_receipts=True))
        last = self._fetch_past_departments(bills.partner_id.ids, bills.company_id.ids) if bills else {}
        found = {move: last.get((move.partner_id._origin.id, move.company_id.id)) for move in bills}
        return {move: self.env["hr.department"].browse(id_) for move, id_ in found.items() if id_}

    @api.model
    def _fetch_past_departments(self, partner_ids, company_ids):
        """Department id by (partner id, company id) where the last bills agree, in one query.

        In SQL because only the few newest bills of each partner are wanted; returns nothing of the bills themselves.
        """
        self.env["account.move"].flush_model(["partner_id", "company_id", "move_type", "state", "department_id"])
        query = SQL(
            """
            SELECT pair.partner_id, pair.company_id, MIN(last.department_id)
              FROM (SELECT p.partner_id, c.company_id
                      FROM UNNEST(%(partners)s) AS p(partner_id), UNNEST(%(companies)s) AS c(company_id)) AS pair
              JOIN LATERAL (
                   SELECT department_id
                     FROM account_move
                    WHERE partner_id = pair.partner_id
                      AND company_id = pair.company_id
                      AND department_id IS NOT NULL
                      AND move_type IN %(types)s
                      AND state != 'cancel'
                 ORDER BY id DESC
                    LIMIT %(limit)s) AS last ON TRUE
          GROUP BY pair.partner_id, pair.company_id
            HAVING COUNT(DISTINCT last.department_id) = 1
            """,
            partners=list(partner_ids),
            companies=list(company_ids),
            types=tuple(self.get_purchase_types(include_receipts=True)),
            limit=PAST_BILLS,
        )
        rows = self.env.execute_query(query)
        return {(partner_id, company_id): department_id for partner_id, company_id, department_id in rows}

    def _accepts_department(self, department):
        """Whether the department's company goes with this invoice's. Call with elevated rights."""
        company = department.company_id
        return not company or company in self.company_id.parent_ids


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    department_id = fields.Many2one(
        "hr.department",
        compute="_compute_department_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        domain=DEPARTMENT_DOMAIN,
        help="The department this line concerns: the analytic account's, else the invoice's.",
    )

    def _auto_init(self):
        """Create the column empty, so that installing does not compute it for every existing line."""
        if not column_exists(self.env.cr, "account_move_line", "department_id"):
            create_column(self.env.cr, "account_move_line", "department_id", "int4")
        return super()._auto_init()

    @api.depends("analytic_distribution", "move_id.department_id")
    def _compute_department_id(self):
        analytic = self._get_analytic_departments()
        for line in self:
            line.department_id = analytic.get(line) or line.move_id.department_id

    def _get_analytic_departments(self):
        """Department of the analytic account with the largest share, for lines that have one: {line: department}."""
        shares = {line: line.analytic_distribution for line in self if line.analytic_distribution}
        if not shares:
            return {}
        ids = {int(id_) for share in shares.values() for key in share for id_ in key.split(",") if id_.isdigit()}
        domain = [("id", "in", list(ids)), ("department_id", "!=", False)]
        accounts = self.env["account.analytic.account"].sudo().with_context(active_test=False).search(domain)
        departments = {account.id: account.department_id for account in accounts}
        found = {}
        for line, share in shares.items() if departments else ():
            for key, _percentage in sorted(share.items(), key=lambda item: -item[1]):
                candidates = (departments.get(int(id_)) for id_ in key.split(",") if id_.isdigit())
                if department := next(filter(None, candidates), None):
                    found[line] = department
                    break
        return found
