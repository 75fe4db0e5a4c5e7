from functools import partial
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestScale(ValidationCase):
    """What must not cost more as the past grows; benchmarks/scale.py measures the same with a million steps."""

    def _count_queries(self, function, *args):
        self.env.flush_all()
        self.env.invalidate_all()
        self.env.user.has_group("base.group_user")
        before = self.env.cr.sql_log_count
        function(*args)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _count_waiting(self):
        """Return the queries of a page of what waits for the manager, and of its number."""
        moves = self.env["account.move"].with_user(self.manager)
        domain = [("validation_waiting_user_ids", "in", self.manager.id)]
        names = ["name", "ref", "amount_total", "validation_urgency"]
        order = "validation_urgency, validation_since, id"
        moves.search_fetch(domain, names, order=order)
        counts = []
        for reading in (lambda: moves.search_fetch(domain, names, order=order), lambda: moves.search_count(domain)):
            self.env.flush_all()
            self.env["account.move"].invalidate_model()
            before = self.env.cr.sql_log_count
            self.assertTrue(reading())
            counts.append(self.env.cr.sql_log_count - before)
        return counts

    def test_what_waits_is_one_query_and_its_number_another(self):
        self._submit(self._create_bill())
        self.assertEqual(self._count_waiting(), [1, 1])
        for _past in range(3):
            self._create_approved()
        self.assertEqual(self._count_waiting(), [1, 1])

    def test_the_rule_of_department_users_joins_nothing(self):
        """A joined department makes PostgreSQL read all that somebody ever took part in."""
        moves = self.env["account.move"].with_user(self.manager)
        text = moves._search([("validation_waiting_user_ids", "in", self.manager.id)]).select().code
        self.assertIn("account_department_reader_rel", text, "The rule holds")
        self.assertNotIn(" JOIN ", text)

    def test_our_columns_cost_a_list_at_most_four_queries(self):
        for _bill in range(3):
            self._submit(self._create_bill(invoice_user_id=self.manager.id))
        native = dict.fromkeys(("name", "amount_total_signed", "state"), {})
        named = {"fields": {"display_name": {}}}
        native |= {"partner_id": named, "company_id": named, "journal_id": named, "invoice_user_id": named}
        people = {"department_id": named, "validation_waiting_user_ids": named}
        ours = people | dict.fromkeys(("validation_state", "validation_since", "validation_deadline"), {})
        moves = self.env["account.move"].with_user(self.manager)
        read = partial(moves.web_search_read, [("move_type", "=", "in_invoice")])
        read(native | ours)
        counts = [self._count_queries(read, columns) for columns in (native, native | ours)]
        self.assertLessEqual(counts[1] - counts[0], 4)

    def test_the_rows_that_it_reads_are_of_open_steps_only(self):
        bill = self._create_bill()
        users = []
        self._submit(bill)
        for user in (self.manager, self.controller, None):
            self.env.flush_all()
            self.env.cr.execute("SELECT user_id FROM account_move_validation_waiting_rel WHERE move_id = %s", bill.ids)
            users.append([user_id for (user_id,) in self.env.cr.fetchall()])
            if user:
                self._approve(bill, user)
        self.assertEqual(users, [self.manager.ids, self.controller.ids, []])

    def test_joining_a_department_costs_the_same_whatever_its_past(self):
        counts = []
        for number, past in enumerate((1, 5)):
            for _past in range(past):
                self._create_approved()
            user = self._create_user(f"joins{number}", groups="base.group_user")
            vals = {"department_id": self.marketing.id, "user_id": user.id, "role": "validator"}
            counts.append(self._count_queries(self.env["account.department.member"].sudo().create, vals))
        self.assertEqual(*counts)

    def _create_past(self, bill, partners, count):
        """Copy a bill as posted ones of other partners, in SQL."""
        changed = {
            "id": "nextval('account_move_id_seq')",
            "name": "'PAST/' || partner || '/' || n",
            "state": "'posted'",
            "commercial_partner_id": "partner",
        }
        self.env.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'account_move'")
        values = {f'"{name}"': changed.get(name, f'bill."{name}"') for (name,) in self.env.cr.fetchall()}
        self.env.cr.execute(
            f"INSERT INTO account_move ({', '.join(values)}) SELECT {', '.join(values.values())} "
            "FROM account_move bill, unnest(%s) partner, generate_series(1, %s) n WHERE bill.id = %s",
            [partners.ids, count, bill.id],
        )
        self.env.cr.execute("ANALYZE account_move")

    def test_the_past_of_a_partner_is_read_by_its_index(self):
        """Automatic approvals, and a replay of them, ask for each invoice how many of its partner were paid."""
        bill = self._create_bill().sudo()
        self.env.flush_all()
        self._create_past(bill, self.env["res.partner"].create([{"name": f"V{number}"} for number in range(200)]), 20)
        executed = []
        original = type(self.env).execute_query
        record = patch.object(
            type(self.env), "execute_query", lambda env, query: executed.append(query) or original(env, query)
        )
        with record:
            self.policy.sudo()._get_unknown(bill)
            bill._fetch_last_bills()
        queries = [query for query in executed if "FROM account_move bill" in query.code]
        self.assertEqual(len(queries), 2)
        for query in queries:
            plan = "\n".join(line for (line,) in self.env.execute_query(SQL("EXPLAIN %s", query)))
            self.assertIn("account_move_validation_last_bill_idx", plan)
