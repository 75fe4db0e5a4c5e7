"""Rules of time that need no database: working hours, reminders, urgency, and when people want to be told.

Plain functions on plain values, as in `lifecycle`. Moments are in UTC without a time zone, as Odoo stores them.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytz

PIECE = timedelta(days=28)
PIECES = 26
"""How far working hours are looked for: two years. Whoever has none in that time has none."""
Interval = tuple[datetime, datetime]


class WorkingHours:
    """The working hours of somebody, read piece by piece and kept.

    :param read: returns the working intervals between two moments, in order

    >>> def office(start, end):
    ...     days = (start.date() + timedelta(days=day) for day in range((end - start).days + 1))
    ...     hours = [(datetime.combine(day, time(9)), datetime.combine(day, time(17))) for day in days]
    ...     return [(max(a, start), min(b, end)) for a, b in hours if a < end and b > start]
    >>> hours = WorkingHours(office)
    >>> hours.after(datetime(2026, 3, 2, 15), 4), hours.before(datetime(2026, 3, 3, 11), 4)
    (datetime.datetime(2026, 3, 3, 11, 0), datetime.datetime(2026, 3, 2, 15, 0))
    >>> hours.between(datetime(2026, 3, 2, 15), datetime(2026, 3, 4, 10))
    11.0
    >>> WorkingHours(lambda start, end: []).after(datetime(2026, 3, 2), 1) is None
    True
    """

    def __init__(self, read: Callable[[datetime, datetime], Sequence[Interval]]) -> None:
        self._read = read
        self._intervals: list[Interval] = []
        self._range: Interval | None = None

    def cover(self, start: datetime, end: datetime) -> None:
        """Read what is not known yet between two moments."""
        known_start, known_end = self._range or (start, start)
        if start < known_start:
            self._intervals = [*self._read(start, known_start), *self._intervals]
        if end > known_end:
            self._intervals = [*self._intervals, *self._read(known_end, end)]
        self._range = (min(start, known_start), max(end, known_end))

    def within(self, start: datetime, end: datetime) -> Iterator[Interval]:
        """Yield the working intervals between two moments, in order."""
        self.cover(start, end)
        for opening, closing in self._intervals:
            if opening < end and closing > start:
                yield max(opening, start), min(closing, end)

    def after(self, start: datetime, hours: float) -> datetime | None:
        """Return when so many working hours are over; None when there are not so many."""
        left = timedelta(hours=hours)
        for piece in range(PIECES):
            for opening, closing in self.within(start + piece * PIECE, start + (piece + 1) * PIECE):
                if left <= closing - opening:
                    return (opening + left).replace(microsecond=0)
                left -= closing - opening
        return None

    def before(self, end: datetime, hours: float) -> datetime | None:
        """Return from when on so many working hours are left until a moment."""
        left = timedelta(hours=hours)
        for piece in range(PIECES):
            for opening, closing in reversed(list(self.within(end - (piece + 1) * PIECE, end - piece * PIECE))):
                if left <= closing - opening:
                    return (closing - left).replace(microsecond=0)
                left -= closing - opening
        return None

    def between(self, start: datetime, end: datetime) -> float:
        """Return how many working hours lie between two moments."""
        return sum((closing - opening).total_seconds() for opening, closing in self.within(start, end)) / 3600


def first_reminder(
    hours: WorkingHours, choice: Mapping[str, Any], start: datetime, deadline: datetime
) -> datetime | None:
    """Return when to remind of a step for the first time, or None.

    A reminder that would come before the step opened is left out; the next one of the series is the first.

    :param choice: `reminder` (none, before, after), `reminder_hours` (working hours from the deadline),
        `reminder_interval` (working hours until the next one, 0 for none)

    >>> always = WorkingHours(lambda start, end: [(start, end)])
    >>> opened, deadline = datetime(2026, 3, 2, 8), datetime(2026, 3, 2, 16)
    >>> choice = {"reminder": "before", "reminder_hours": 2, "reminder_interval": 4}
    >>> first_reminder(always, choice, opened, deadline)
    datetime.datetime(2026, 3, 2, 14, 0)
    >>> first_reminder(always, {**choice, "reminder_hours": 10}, opened, deadline)
    datetime.datetime(2026, 3, 2, 10, 0)
    >>> first_reminder(always, {**choice, "reminder_hours": 10, "reminder_interval": 0}, opened, deadline) is None
    True
    """
    if choice.get("reminder") not in ("before", "after"):
        return None
    move = hours.before if choice["reminder"] == "before" else hours.after
    moment, interval = move(deadline, choice["reminder_hours"]), choice["reminder_interval"]
    while moment and moment <= start:
        moment = hours.after(moment, interval) if interval else None
    return moment


def next_reminder(hours: WorkingHours, choice: Mapping[str, Any], sent: int, now: datetime) -> datetime | None:
    """Return when to remind again after so many reminders, the last one now; None when these were all.

    >>> always = WorkingHours(lambda start, end: [(start, end)])
    >>> choice = {"reminder_interval": 4, "reminder_count": 2}
    >>> next_reminder(always, choice, 1, datetime(2026, 3, 2, 14))
    datetime.datetime(2026, 3, 2, 18, 0)
    >>> next_reminder(always, choice, 2, datetime(2026, 3, 2, 18)) is None
    True
    """
    if sent >= choice["reminder_count"] or not choice["reminder_interval"]:
        return None
    return hours.after(now, choice["reminder_interval"])


def legal_payment_date(invoice_date: date, end_of_month: str | None = None) -> date:
    """Return the last day on which French law allows an invoice between companies to be paid.

    Code de commerce, article L441-10, I: at most 60 days after the date of the invoice; where the parties agreed on the
    end of the month, at most 45 days and the end of the month. The law does not say which comes first: it is counted as
    the terms count.

    :param end_of_month: None; `month_first` (end of the month, then 45 days); `days_first` (45 days, then the end of
        that month)

    >>> legal_payment_date(date(2026, 1, 15))
    datetime.date(2026, 3, 16)
    >>> legal_payment_date(date(2026, 1, 15), "month_first"), legal_payment_date(date(2026, 1, 15), "days_first")
    (datetime.date(2026, 3, 17), datetime.date(2026, 3, 31))
    """
    if end_of_month == "month_first":
        return _end_of_month(invoice_date) + timedelta(days=45)
    if end_of_month == "days_first":
        return _end_of_month(invoice_date + timedelta(days=45))
    return invoice_date + timedelta(days=60)


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def urgency(deadline: datetime | None, pay_by: Mapping[str, date], levels_left: int) -> tuple[datetime, str] | None:
    """Return by when the present level has to decide, and what asks for it: the order of queues. None: nothing does.

    It is the earliest of the level's own deadline and of each date by which the invoice has to be paid: an early
    payment discount, its due date, the law. Payment dates come a day earlier for each level that is still to decide
    after this one, since each takes its time, and hold until the end of the day. Of equal moments the first of the
    mapping counts.

    :param pay_by: {reason: date}
    :param levels_left: levels that come after the present one

    >>> dates = {"discount": date(2026, 3, 10), "due": date(2026, 3, 31)}
    >>> urgency(None, dates, 0)
    (datetime.datetime(2026, 3, 10, 23, 59, 59), 'discount')
    >>> urgency(None, dates, 2)[0], urgency(datetime(2026, 3, 2, 16), dates, 2)
    (datetime.datetime(2026, 3, 8, 23, 59, 59), (datetime.datetime(2026, 3, 2, 16, 0), 'deadline'))
    >>> urgency(None, {}, 3) is None
    True
    """
    moments = [(deadline, "deadline")] if deadline else []
    moments += [
        (datetime.combine(day - timedelta(days=levels_left), time(23, 59, 59)), reason)
        for reason, day in pay_by.items()
    ]
    return min(moments, key=lambda moment: moment[0], default=None)


def held_until(
    now: datetime, zone: str, digest_hour: float | None = None, quiet: tuple[float, float] | None = None
) -> datetime | None:
    """Return when to tell somebody what happens now; None for at once.

    :param zone: their time zone; hours are those of their clock, 8.5 for half past eight
    :param digest_hour: the hour of their one message a day, or None
    :param quiet: from which hour to which one they are not disturbed, over midnight too; equal hours are none

    >>> held_until(datetime(2026, 3, 2, 9), "Europe/Paris", digest_hour=8)  # ten o'clock there
    datetime.datetime(2026, 3, 3, 7, 0)
    >>> held_until(datetime(2026, 3, 2, 22), "Europe/Paris", quiet=(20, 7))
    datetime.datetime(2026, 3, 3, 6, 0)
    >>> held_until(datetime(2026, 3, 2, 9), "Europe/Paris", quiet=(20, 7)) is None
    True
    >>> held_until(datetime(2026, 3, 28, 22), "Europe/Paris", quiet=(20, 7))  # the clock is put forward in that night
    datetime.datetime(2026, 3, 29, 5, 0)
    """
    moment = now if digest_hour is None else _next_at(now, zone, digest_hour)
    if quiet and _is_quiet(moment, zone, *quiet):
        moment = _next_at(moment, zone, quiet[1])
    return None if moment == now else moment


def _to_local(moment: datetime, zone: str) -> datetime:
    return pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).replace(tzinfo=None)


def _next_at(moment: datetime, zone: str, hour: float) -> datetime:
    """Return when it is a certain hour for the next time, by the clock of a time zone."""
    today = datetime.combine(_to_local(moment, zone).date(), time())
    for days in range(3):
        local = today + timedelta(days=days, minutes=round(hour * 60))
        found = pytz.timezone(zone).localize(local).astimezone(pytz.utc).replace(tzinfo=None)
        if found > moment:
            return found
    raise ValueError(hour)


def _is_quiet(moment: datetime, zone: str, start: float, end: float) -> bool:
    local = _to_local(moment, zone)
    hour = local.hour + local.minute / 60 + local.second / 3600
    return start <= hour < end if start <= end else hour >= start or hour < end
