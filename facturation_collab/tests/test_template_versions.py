"""A template that was used stays what it was; changes are versions, from a day on."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .template_common import TemplateCase
from .validation_common import day


@tagged("post_install", "-at_install")
class TestTemplateVersions(TemplateCase):
    def _prepare(self, template=None, user=None, **vals):
        """The next version of a template, made by the manager unless said otherwise."""
        action = (template or self.rent).with_user(user or self.manager).action_new_version()
        version = self.env["account.invoice.template"].browse(action["res_id"]).sudo()
        version.write(vals)
        return version

    def test_what_was_not_used_may_be_changed(self):
        self.rent.with_user(self.manager).line_ids[1].price_unit = 1300.0
        self.assertEqual(self._use().amount_total, 1300.0)

    def test_what_was_used_stays_as_it_is(self):
        move = self._use()
        line = self.rent.line_ids[1]
        template = self.rent
        calls = (
            lambda: template.write({"payment_term_id": False}),
            lambda: template.write({"line_ids": [Command.clear()]}),
            lambda: template.write({"line_ids": [Command.update(line.id, {"price_unit": 1.0})]}),
            lambda: line.write({"price_unit": 1.0}),
            lambda: line.unlink(),
            lambda: line.copy({"template_id": template.id}),
            lambda: line.update_field_translations("name", {"en_US": "Other"}),
            lambda: template.update_field_translations("narration", {"en_US": {}}),
            lambda: self.common.line_ids.write({"template_id": template.id}),
            lambda: template.unlink(),
        )
        for position, call in enumerate(calls):
            with self.subTest(position):
                self.assertRefused(UserError, "was used on invoices", call)
        for user in (self.manager, self.finance, self.administrator):
            self.assertRefused(UserError, "was used on invoices", line.with_user(user).write, {"price_unit": 1.0})
            self.assertFalse(template.with_user(user).is_editable)
        template.with_user(self.manager).write({"name": "Rent of Marketing", "date_to": day("2026-12-31")})
        move.sudo().unlink()
        line.price_unit = 1.0

    def test_a_new_version_takes_the_place_of_the_one_before(self):
        old = self._use()
        version = self._prepare(payment_term_id=False)
        self.assertEqual((version.state, version.version, version.origin_id), ("draft", 2, self.rent))
        self.assertEqual(version.display_name, "Rent (version 2)")
        self.assertEqual(version.line_ids.mapped("name"), self.rent.line_ids.mapped("name"))
        version.line_ids[1].price_unit = 1500.0
        self.assertEqual(self._use().amount_total, 1200.0, "It is not in use yet.")
        version.with_user(self.manager).action_activate()
        self.assertEqual((self.rent.state, version.state), ("archived", "active"))
        self.assertEqual(self._use(version).amount_total, 1500.0)
        self.assertEqual((old.amount_total, old.sudo().template_id), (1200.0, self.rent))
        self.assertRefused(UserError, "is not in use", self._use)

    def test_a_version_may_begin_on_a_day(self):
        version = self._prepare(date_from=day("2026-07-01"))
        version.line_ids[1].price_unit = 1500.0
        version.action_activate()
        self.assertEqual((self.rent.state, self.rent.date_to), ("active", day("2026-06-30")))
        proposals = self.env["account.invoice.template"].with_user(self.contributor)
        for date, expected in (("2026-06-30", self.rent), ("2026-07-01", version)):
            bill = self._create_bill(partner_id=self.landlord.id, invoice_date=day(date)).with_user(self.contributor)
            self.assertEqual(proposals._propose(bill)[bill] & (self.rent | version), expected)

    def test_two_versions_are_never_in_use_on_one_day(self):
        version = self._prepare(date_from=day("2026-07-01"))
        version.action_activate()
        self.assertRefused(ValidationError, "in use on the same days", self.rent.write, {"date_to": False})
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.rent.date_to = day("2026-07-01")

    def test_one_version_is_prepared_at_a_time(self):
        version = self._prepare()
        self.assertEqual(self._prepare(), version)
        self.assertEqual(self._prepare(version), version)
        version.action_activate()
        self.assertEqual(self._prepare(version).version, 3)

    def test_who_may_not_change_a_template_makes_no_version(self):
        for user in (self.contributor, self.outsider, self.auditor):
            self.assertRefused(AccessError, "", self._prepare, None, user)
            for name in ("action_activate", "action_archive_version"):
                self.assertRefused(AccessError, "", getattr(self.rent.with_user(user), name))

    def test_states_follow_their_table(self):
        self.assertRefused(UserError, "is in the state “Active”", self.rent.action_activate)
        self.rent.action_archive_version()
        self.assertRefused(UserError, "is in the state “Archived”", self.rent.action_archive_version)
        self.rent.action_activate()
        self.assertEqual(self.rent.state, "active")

    def test_a_version_says_what_it_changed(self):
        self.assertEqual(self.rent.changes, "First version.")
        tag = self.env["res.partner.category"].create({"name": "Services"})
        version = self._prepare(payment_term_id=False, partner_category_ids=[Command.set(tag.ids)])
        version.line_ids[1].price_unit = 1500.0
        version.line_ids[2].unlink()
        expected = (
            "Payment Term: “30 Days” was removed.",
            "Partner tags: “Services” was added.",
            "Line 2, Unit price: “1,200.00” becomes “1,500.00”.",
            "Line 3: “Kind of line: Note; Label: As agreed” was removed.",
        )
        self.assertEqual(sorted(version.changes.splitlines()), sorted(expected))

    def test_editing_a_line_in_the_form_adds_none(self):
        version = self._prepare()
        with Form(version.with_user(self.manager)) as form, form.line_ids.edit(1) as line:
            line.price_unit = 1500.0
        self.assertEqual(version.line_ids.mapped("price_unit"), [0.0, 1500.0, 0.0])

    def test_a_copy_is_another_template(self):
        copy = self.rent.copy()
        self.assertEqual((copy.name, copy.state, copy.version, copy.origin_id), ("Rent (copy)", "draft", 1, copy))
