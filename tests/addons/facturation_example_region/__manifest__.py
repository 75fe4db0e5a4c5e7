{
    "name": "Example: people see the invoices of their region",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "facturation_collab contributors",
    "depends": ["facturation_collab"],
    "data": ["security/ir.model.access.csv", "security/rules.xml"],
}
