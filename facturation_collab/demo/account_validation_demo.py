import logging
import time

from odoo import api, models

_logger = logging.getLogger(__name__)

CHART_MODULE = "l10n_fr_account"
# External ids of the demo have a namespace of their own: uninstalling the addon leaves the demo company's invoices.
NAMESPACE = "facturation_collab_demo"


class AccountValidationDemo(models.AbstractModel):
    """A company that works with the addon: people, partners, policies and some months of invoices.

    Everything that happens to an invoice goes through the public methods, as the people who would do it.
    """

    _name = "account.validation.demo"
    _description = "Demo company of collaborative invoicing"

    @api.model
    def _install(self):
        """Load the demo company, once. Without the French chart of accounts there is none, which is no error."""
        if self._ref("company", raise_if_not_found=False):
            return
        if not self._has_french_chart():
            _logger.info("The demo company is skipped: it needs the French chart of accounts, module %s.", CHART_MODULE)
            return
        start = time.monotonic()
        self = self.with_context(no_reset_password=True, mail_create_nosubscribe=True)
        self._install_french()
        company = self._create_company()
        self = self.with_context(allowed_company_ids=company.ids).with_company(company)
        self._create_departments(company)
        self._create_people(company)
        self._create_partners(company)
        self._create_policies(company)
        self._create_invoices(company)
        self._delegate()
        self._plan_change()
        self._create_templates(company)
        self._open_portal(company)
        _logger.info("The demo company was loaded in %.1f s.", time.monotonic() - start)

    def _has_french_chart(self):
        domain = [("name", "=", CHART_MODULE), ("state", "in", ("installed", "to upgrade"))]
        is_installed = bool(self.env["ir.module.module"].search_count(domain, limit=1))
        return is_installed and "fr" in self.env["account.chart.template"]._get_chart_template_mapping()

    def _ref(self, name, raise_if_not_found=True):
        """Return the record of the demo with that name."""
        return self.env.ref(f"{NAMESPACE}.{name}", raise_if_not_found=raise_if_not_found)

    def _create(self, model, vals_by_name):
        """Create records of the demo and remember their names: {name: record}."""
        records = self.env[model].create(list(vals_by_name.values()))
        named = dict(zip(vals_by_name, records, strict=True))
        self._remember(named)
        return named

    def _remember(self, named):
        self.env["ir.model.data"]._update_xmlids(
            [{"xml_id": f"{NAMESPACE}.{name}", "record": record, "noupdate": True} for name, record in named.items()],
        )
