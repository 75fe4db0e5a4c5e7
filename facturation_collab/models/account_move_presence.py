"""Who has an invoice open, for whoever may read that invoice. A trace that lasts as long as the screen."""

import re

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..calls import check_call
from .account_move_live import PRESENCE, RECORD

ALIVE = 45
"""Seconds after which a screen that no longer reports itself is gone."""
MODES = ("idle", "viewing", "editing")
"""In order of what counts most of somebody who has the same invoice open several times."""
TAB = re.compile(r"[\w-]{8,64}")
PLACE = re.compile(r"\w{1,64}(/\w{1,64}){0,2}")
NOW = SQL("(now() AT TIME ZONE 'UTC')")
"""The clock of the database: that of all nodes."""


class AccountMovePresence(models.Model):
    """One row for each screen on which somebody has an invoice open.

    Unlogged: it costs the database no journal, is in no backup of it, and a crash empties it. Nobody reads or writes it
    through the ORM; `account.move` says what of it somebody may know.
    """

    _name = "account.move.presence"
    _inherit = "account.validation.record"
    _description = "Somebody who has an invoice open"
    _rec_name = "user_id"
    _log_access = False

    move_id = fields.Many2one("account.move", required=True, readonly=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", required=True, readonly=True, index=True, ondelete="cascade")
    tab = fields.Char(required=True, readonly=True, export_string_translation=False)
    mode = fields.Selection(
        [("viewing", "Viewing"), ("editing", "Editing"), ("idle", "Idle")], required=True, readonly=True
    )
    place = fields.Char(readonly=True, help="The field that is being edited, after its line if it is one of a line.")
    since = fields.Datetime(required=True, readonly=True)
    seen_at = fields.Datetime(required=True, readonly=True)
    asked_at = fields.Datetime(readonly=True, help="When this person last asked somebody to let them take over.")

    _screen_unique = models.UniqueIndex("(move_id, user_id, tab)")

    def _auto_init(self):
        result = super()._auto_init()
        self.env.cr.execute("SELECT relpersistence FROM pg_class WHERE oid = %s::regclass", [self._table])
        if self.env.cr.fetchone()[0] != "u":
            self.env.cr.execute(SQL("ALTER TABLE %s SET UNLOGGED", SQL.identifier(self._table)))
        return result

    @api.model
    def _report(self, move, tab, mode, place):
        """Keep that the present user has an invoice open, and forget who left it without a word. One query.

        :returns: what is new for others: "mode", "place" or nothing
        """
        self.env.cr.execute(
            SQL(
                """
                WITH gone AS (
                    DELETE FROM account_move_presence
                    WHERE move_id = %(move)s AND seen_at < %(now)s - %(alive)s * interval '1 second'
                    AND NOT (user_id = %(user)s AND tab = %(tab)s)
                ), before AS (
                    SELECT mode, place FROM account_move_presence
                    WHERE move_id = %(move)s AND user_id = %(user)s AND tab = %(tab)s
                    AND seen_at >= %(now)s - %(alive)s * interval '1 second'
                )
                INSERT INTO account_move_presence AS present (move_id, user_id, tab, mode, place, since, seen_at)
                VALUES (%(move)s, %(user)s, %(tab)s, %(mode)s, %(place)s, %(now)s, %(now)s)
                ON CONFLICT (move_id, user_id, tab) DO UPDATE SET
                    mode = EXCLUDED.mode, place = EXCLUDED.place, seen_at = EXCLUDED.seen_at,
                    since = CASE WHEN present.mode = EXCLUDED.mode THEN present.since ELSE EXCLUDED.since END
                RETURNING (SELECT mode FROM before), (SELECT place FROM before)
                """,
                move=move.id,
                user=self.env.uid,
                tab=tab,
                mode=mode,
                place=place,
                now=NOW,
                alive=ALIVE,
            )
        )
        before, place_before = self.env.cr.fetchone()
        if before != mode:
            return "mode"
        return "place" if (place_before or "") != place else ""

    @api.model
    def _forget(self, condition):
        """Delete rows; return the ids of the invoices that others may still show them on."""
        self.env.cr.execute(SQL("DELETE FROM account_move_presence present WHERE %s RETURNING move_id", condition))
        return list({move_id for (move_id,) in self.env.cr.fetchall()})

    @api.model
    def _get_people(self, moves):
        """Return {invoice id: people} who have these invoices open, the present user aside. One query."""
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT ON (present.move_id, present.user_id)
                    present.move_id, present.user_id, partner.name, present.mode, COALESCE(present.place, ''),
                    EXTRACT(EPOCH FROM %(now)s - present.since)::int, EXTRACT(EPOCH FROM %(now)s - present.seen_at)::int
                FROM account_move_presence present
                JOIN res_users users ON users.id = present.user_id
                JOIN res_partner partner ON partner.id = users.partner_id
                WHERE present.move_id = ANY(%(moves)s) AND present.user_id != %(user)s
                    AND present.seen_at >= %(now)s - %(alive)s * interval '1 second'
                ORDER BY present.move_id, present.user_id, array_position(%(modes)s, present.mode) DESC,
                    present.seen_at DESC
                """,
                moves=list(moves.ids),
                user=self.env.uid,
                now=NOW,
                alive=ALIVE,
                modes=list(MODES),
            )
        )
        people = {}
        for move_id, user_id, name, mode, place, seconds, age in self.env.cr.fetchall():
            person = {"id": user_id, "name": name, "mode": mode, "place": place, "seconds": seconds}
            people.setdefault(move_id, []).append({**person, "expires": max(ALIVE - age, 1)})
        return people

    @api.autovacuum
    def _gc_presences(self):
        self._forget(SQL("seen_at < %s - %s * interval '1 second'", NOW, ALIVE))


class AccountMove(models.Model):
    _inherit = "account.move"

    presence = fields.Json(
        "On it now",
        compute="_compute_presence",
        help="Who else has the invoice open at this moment.",
    )

    @api.depends_context("uid")
    def _compute_presence(self):
        people = self._get_presence()
        for move in self:
            move.presence = people.get(move._origin.id, False)

    def _get_presence(self):
        """Return {invoice id: people} who have these invoices open now, where the company wants that to be known."""
        shown = self._origin.filtered(lambda move: move.sudo().company_id.has_presence)
        return self.env["account.move.presence"]._get_people(shown) if shown else {}

    def report_presence(self, tab, mode, place=""):
        """Say that the present user has this invoice open, and learn who else has. For whoever may read it.

        :param tab: a random name of the screen
        :param mode: "viewing", "editing" or "idle"
        :param place: the field that is being edited, or that somebody who is away has not saved; a field of a line as
            "invoice_line_ids/line id/field"
        :returns: {"revision", "is_on": whether the company wants it, "is_shown": whether others see the present user,
            "people": [{"id", "name", "mode", "place": label of a field, "seconds": since when, "expires": in how many
            seconds they are gone}]}
        :raises AccessError: for who may not read it, or no longer
        """
        self._check_presence_call(tab, mode, place)
        is_shown = self._is_presence_shown()
        if is_shown:
            news = self.env["account.move.presence"]._report(self, tab, mode, place if mode != "viewing" else "")
            self._send_presence(news)
        people = self._get_presence().get(self.id, [])
        return {
            "revision": self.content_revision,
            "is_on": self.sudo().company_id.has_presence,
            "is_shown": is_shown,
            "people": [{**person, "place": self._get_place_label(person["place"])} for person in people],
        }

    def leave_presence(self, tab):
        """Say that the present user closed this invoice on one screen. For its author, whatever they may read now."""
        check_call(self, tab, single=True)
        screen = SQL("move_id = %s AND user_id = %s AND tab = %s", self.id, self.env.uid, tab or "")
        if self.env["account.move.presence"]._forget(screen):
            self._send_presence("mode")

    def _check_presence_call(self, tab, mode="viewing", place=""):
        """:raises UserError: when a program passes what no screen sends; AccessError: who may not know"""
        check_call(self, tab, mode, place, single=True)
        if not self.env.user._is_internal():
            raise AccessError(self.env._("Who works on an invoice is shown to people of the company only."))
        self.check_access("read")
        if not TAB.fullmatch(tab or "") or mode not in MODES or (place and not PLACE.fullmatch(place)):
            raise AccessError(self.env._("Reload the page: it says in another way what you are doing."))

    def _is_presence_shown(self):
        """Whether the present user is shown to others on this invoice: neither the company nor they refuse."""
        return self.sudo().company_id.has_presence and self.env.user.sudo().has_presence

    def _send_presence(self, news):
        """Tell the screens that show these invoices that somebody came, left or went on. No names, no fields."""
        if news:
            for move in self:
                payload = {"id": move.id, "is_place": news == "place"}
                self.env["bus.bus"]._sendone((move, RECORD), PRESENCE, payload)

    def _get_place_label(self, place):
        """Return the label of the field that somebody is editing; empty for what the present user does not see."""
        names = [part for part in place.split("/") if not part.isdigit()]
        model, labels = self, []
        for name in names:
            field = model._fields.get(name)
            if not field or not model._has_field_access(field, "read"):
                break
            labels.append(field._description_string(self.env))
            model = self.env[field.comodel_name] if field.comodel_name else self.browse()
        return ", ".join(labels)
