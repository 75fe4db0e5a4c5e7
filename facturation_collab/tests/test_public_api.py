"""What a client can call of this addon: listed, so that a new entrance is noticed, and tried by strangers."""

import inspect
from contextlib import suppress
from pathlib import Path

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError
from odoo.http import _generate_routing_rules
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from .validation_common import ValidationCase

LIST = Path(__file__).parent / "public_api.txt"
ADDON = "odoo.addons.facturation_collab."
TABLES = (
    "account_move",
    "account_move_line",
    "account_validation_request",
    "account_validation_step",
    "account_validation_event",
    "account_validation_policy",
    "account_validation_level",
    "account_department_member",
    "account_invoice_template",
    "account_invoice_template_line",
    "account_invoice_template_question",
    "hr_department",
    "ir_attachment",
    "mail_activity",
    "res_groups_users_rel",
)
HUGE = 2**63
WRONG_IDS = ([999_999_999], [-1], [HUGE], ["1"], ["abc"], [None], [1.5], [[1]], [True], "abc", {"a": 1}, None)
WRONG_VALUES = (None, 12, 1.5, True, [1], {"a": 1}, "x" * 100_000, "\x00", "<script>", ["a", {"b": None}])
NATIVE = (
    *("create", "write", "web_save", "unlink", "copy", "copy_data"),
    *("button_hash", "action_validate_moves_with_confirmation", "validate_move"),
    *("action_create_payments", "default_get"),
)
"""Methods of Odoo itself, extended here: what they do with nonsense is Odoo's affair."""


def get_public_methods(env):
    """Return the names (model.method) that clients can call and that this addon defines or extends."""
    names = set()
    for model_name in env.registry:
        for base in type(env[model_name]).mro():
            if not base.__module__.startswith(ADDON) or base.__module__.startswith(f"{ADDON}tests"):
                continue
            for name, value in vars(base).items():
                public = inspect.isfunction(value) and not name.startswith("_")
                if public and not getattr(value, "_api_private", False) and model_name == _get_model(base):
                    names.add(f"{model_name}.{name}")
    return names


def _get_model(base):
    inherited = getattr(base, "_inherit", None)
    return getattr(base, "_name", None) or (inherited if isinstance(inherited, str) else None)


def get_routes(env):
    """Return the routes (path, authentication) of this addon, those on controllers of Odoo included."""
    rules = _generate_routing_rules(sorted(env.registry._init_modules), nodb_only=False)
    own = [(url, endpoint) for url, endpoint in rules if endpoint.__module__.startswith(ADDON)]
    return {f"{url} auth={endpoint.routing['auth']}" for url, endpoint in own}


@tagged("post_install", "-at_install")
class TestPublicApi(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = cls._create_user("stranger")
        cls.portal = new_test_user(cls.env, "collab_portal", groups="base.group_portal", company_id=cls.company.id)
        other = cls.setup_other_company()["company"]
        cls.foreigner = cls._create_user(
            "foreigner",
            groups="account.group_account_invoice,facturation_collab.group_administrator",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        cls.bill = cls._create_bill()
        templates = cls.env["account.invoice.template"].sudo()
        templates.create({"name": "Rent", "company_id": cls.company.id, "department_id": cls.marketing.id})
        cls.bill.with_user(cls.contributor).action_submit()
        cls.env.flush_all()

    def test_the_list_is_complete(self):
        listed = {line for line in LIST.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")}
        found = get_public_methods(self.env) | get_routes(self.env)
        new, gone = sorted(found - listed), sorted(listed - found)
        self.assertFalse(
            new + gone,
            f"Clients can call {new}, which are not in {LIST.name}: make them private, or check who may call them and "
            f"with what, and add them. No longer there: {gone}.",
        )

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule", "odoo.models.unlink")
    def test_strangers_get_an_error_or_nothing(self):
        """Without rights, with wrong ids and values: a clean error, and nothing has changed."""
        # The mail gateway's own entrance makes an invoice of whoever may, in the ways that test_real_documents tries.
        for name in sorted(get_public_methods(self.env) - {"account.move.message_new"}):
            model, _dot, method = name.rpartition(".")
            before = self._read_database()
            for user in (self.stranger, self.portal, self.foreigner):
                for ids, arguments in self._get_calls(model, method):
                    with self.subTest(method=name, user=user.name, ids=ids, arguments=repr(arguments)[:80]):
                        self._call(user, model, method, ids, arguments)
            self.assertEqual(self._read_database(), before, name)

    @mute_logger("odoo.sql_db")
    def test_nonsense_from_those_who_may_is_an_error_or_works(self):
        for name in ("submit", "approve", "return", "reject", "cancel_validation"):
            for value in WRONG_VALUES:
                with self.subTest(action=name, value=repr(value)[:40]):
                    user = self.contributor if name in ("submit", "cancel_validation") else self.manager
                    self._call(user, "account.move", f"action_{name}", self.bill.ids, [value])
                    self._call(user, "account.move", f"action_{name}", self.bill.ids * 2, [value])

    def _get_calls(self, model, method):
        """Yield (ids, arguments): records of others with plausible values, then nonsense of every kind."""
        function = getattr(type(self.env[model]), method)
        names = [
            parameter.name
            for parameter in list(inspect.signature(function).parameters.values())[1:]
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
        stored = not self.env[model]._abstract
        records = (stored and self.env[model].sudo().search([], limit=2).ids) or [1]
        yield records, [[self._get_vals(model)]] if method == "create" else self._get_plausible(method, names)
        if method in NATIVE:
            return
        for ids in WRONG_IDS:
            yield ids, self._get_plausible(method, names)
        for value in WRONG_VALUES:
            if names:
                yield records, [value] * len(names)

    def _get_plausible(self, method, names):
        return [{}] * len(names) if method in ("write", "web_save", "copy", "copy_data") else ["because"] * len(names)

    def _get_vals(self, model):
        """Values of a new record that belongs to a company, a department and an invoice of others."""
        others = {
            "company_id": self.company.id,
            "journal_id": self.bill.journal_id.id,
            "department_id": self.marketing.id,
            "move_id": self.bill.id,
            "parent_id": self.marketing.id,
            "name": "New",
            "res_model": "account.move",
            "res_id": self.bill.id,
        }
        fields = self.env[model]._fields
        return {name: value for name, value in others.items() if name in fields and fields[name].store}

    def _call(self, user, model, method, ids, arguments):
        env = self.env(user=user.id, su=False, context={"allowed_company_ids": user.company_ids.ids})
        takes_ids = not getattr(getattr(type(env[model]), method), "_api_model", False)
        with suppress(UserError, IntegrityError), self.env.cr.savepoint():
            call_kw(env[model], method, [ids, *arguments] if takes_ids else arguments, {})
            self.env.flush_all()
        self.env.invalidate_all()

    def _read_database(self):
        """Return the number of rows of each table and a checksum of their content."""
        self.env.flush_all()
        content = {}
        for table in TABLES:
            self.env.cr.execute(SQL("SELECT count(*), sum(hashtext(t::text)::bigint) FROM %s t", SQL.identifier(table)))
            content[table] = self.env.cr.fetchone()
        return content
