{
    "name": "Collaborative Invoicing",
    "summary": "Validate, follow and correct native invoices with every department concerned",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "author": "facturation_collab contributors",
    "depends": ["account", "hr"],
    "data": [
        "security/facturation_collab_groups.xml",
        "security/ir.model.access.csv",
        "security/facturation_collab_rules.xml",
        "data/mail_data.xml",
        "data/ir_cron_data.xml",
        "wizards/account_department_invite_views.xml",
        "wizards/account_validation_decision_views.xml",
        "views/hr_department_views.xml",
        "views/account_department_member_views.xml",
        "views/account_validation_policy_views.xml",
        "views/account_validation_request_views.xml",
        "views/account_move_views.xml",
        "views/facturation_collab_menus.xml",
    ],
    "demo": [],
    "assets": {
        "web.assets_backend": [
            "facturation_collab/static/src/**/*",
        ],
        "web.assets_unit_tests": [
            "facturation_collab/static/tests/unit/**/*",
        ],
        "web.assets_tests": [
            "facturation_collab/static/tests/tours/**/*",
        ],
    },
    "application": True,
}
