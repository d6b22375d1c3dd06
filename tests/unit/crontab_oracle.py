"""When cron fires, found by looking at each minute: slow, and knows nothing of how it is found otherwise.

Expressions are made together with what they mean, so that nothing has to be read.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

MINUTE = timedelta(minutes=1)

#: Days on which the clocks are changed: by an hour, half an hour, at midnight, by a whole day; and one on which not.
CHANGES = (
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 4)),
    ("Australia/Lord_Howe", date(2026, 10, 3)),
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Asia/Kathmandu", date(2026, 6, 1)),
)


@dataclass(frozen=True)
class Days:
    """One of the two fields of days: its text, and whether a day fits it."""

    text: str
    fits: Callable[[date], bool]


@dataclass(frozen=True)
class Crontab:
    """An expression and what it means."""

    minute: tuple[str, frozenset[int]]
    hour: tuple[str, frozenset[int]]
    day: Days
    month: tuple[str, frozenset[int]]
    weekday: Days

    @property
    def text(self) -> str:
        return " ".join((self.minute[0], self.hour[0], self.day.text, self.month[0], self.weekday.text))

    @property
    def every_hour(self) -> bool:
        return len(self.hour[1]) == 24

    def shown(self, wall: datetime) -> bool:
        """Whether it is meant when a clock shows this time."""
        if wall.minute not in self.minute[1] or wall.hour not in self.hour[1] or wall.month not in self.month[1]:
            return False
        fits = (self.day.fits(wall.date()), self.weekday.fits(wall.date()))
        return all(fits) if self.day.text.startswith("*") or self.weekday.text.startswith("*") else any(fits)

    def fires(self, zone: ZoneInfo, begin: datetime, end: datetime) -> list[int]:
        """The fires in (begin, end], whole minutes in UTC, found by going through all of them."""
        # what the clocks have shown in the hours before decides what comes twice
        start = begin - timedelta(hours=3)
        minutes = [start + MINUTE * n for n in range(int((end - start) / MINUTE) + 1)]
        clock = [(minute, minute.astimezone(zone).replace(tzinfo=None)) for minute in minutes]
        each = {minute for minute, wall in clock if self.shown(wall)}
        found = each if self.every_hour else self._once_each(clock)
        return sorted(int(minute.timestamp()) for minute in found if begin < minute <= end)

    def _once_each(self, clock: list[tuple[datetime, datetime]]) -> set[datetime]:
        found, seen = set(), set()
        latest = clock[0][1] - MINUTE
        for minute, wall in clock:
            # clocks that have gone forward: whatever they have skipped is now
            skipped = latest + MINUTE
            while skipped < wall:
                if self.shown(skipped):
                    found.add(minute)
                skipped += MINUTE
            latest = max(latest, wall)
            if wall not in seen and self.shown(wall):
                found.add(minute)
            seen.add(wall)
        return found


HOURS = {
    **{str(hour): frozenset({hour}) for hour in range(4)},
    "*": frozenset(range(24)),
    "0-3": frozenset({0, 1, 2, 3}),
    "*/2": frozenset(range(0, 24, 2)),
    "*/6": frozenset({0, 6, 12, 18}),
    "0,2": frozenset({0, 2}),
    "2-3": frozenset({2, 3}),
}


def _values(low: int, high: int) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    """A field of numbers: all, one, some, a range, with steps or without."""
    every = frozenset(range(low, high + 1))
    value = st.integers(low, high)
    step = st.integers(1, high - low + 1)
    pair = st.tuples(value, value).map(sorted)
    term = st.one_of(
        value.map(lambda v: (f"{v}", frozenset({v}))),
        st.tuples(value, step).map(lambda v: (f"{v[0]}/{v[1]}", frozenset(range(v[0], high + 1, v[1])))),
        pair.map(lambda v: (f"{v[0]}-{v[1]}", frozenset(range(v[0], v[1] + 1)))),
        st.tuples(pair.filter(lambda v: v[0] < v[1]), step).map(
            lambda v: (f"{v[0][0]}-{v[0][1]}/{v[1]}", frozenset(range(v[0][0], v[0][1] + 1, v[1])))
        ),
    )
    listed = st.lists(term, min_size=1, max_size=3).map(
        lambda terms: (",".join(text for text, _ in terms), frozenset().union(*(values for _, values in terms)))
    )
    return st.one_of(st.just(("*", every)), step.map(lambda n: (f"*/{n}", frozenset(range(low, high + 1, n)))), listed)


def _last(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _last_working_day(day: date) -> bool:
    days = (day.replace(day=n) for n in range(1, _last(day) + 1))
    return day == max(d for d in days if d.isoweekday() < 6)


def _of_week(values: frozenset[int]) -> Callable[[date], bool]:
    return lambda day: day.isoweekday() in values or day.isoweekday() % 7 in values


days = st.one_of(
    _values(1, 31).map(lambda v: Days(v[0], lambda day: day.day in v[1])),
    st.just(Days("L", lambda day: day.day == _last(day))),
    st.just(Days("LW", _last_working_day)),
)
weekdays = st.one_of(
    _values(0, 7).map(lambda v: Days(v[0], _of_week(v[1]))),
    st.integers(0, 6).map(lambda v: Days(calendar.day_abbr[v - 1], lambda day: day.isoweekday() % 7 == v)),
    st.integers(0, 7).map(lambda v: Days(f"{v}L", lambda day: _of_week({v})(day) and day.day + 7 > _last(day))),
    st.tuples(st.integers(0, 7), st.integers(1, 5)).map(
        lambda v: Days(f"{v[0]}#{v[1]}", lambda day: _of_week({v[0]})(day) and (day.day - 1) // 7 == v[1] - 1)
    ),
)


def _mostly(usual: st.SearchStrategy, other: st.SearchStrategy) -> st.SearchStrategy:
    """Three of four are the usual ones."""
    return st.integers(0, 3).flatmap(lambda n: usual if n else other)


#: Most of them on every day, and in the hours of the night: there the clocks are changed.
crontabs = st.builds(
    Crontab,
    _values(0, 59),
    _mostly(
        st.sampled_from([*"0123", "*", "0-3", "*/2", "*/6", "0,2", "2-3"]).map(lambda text: (text, HOURS[text])),
        _values(0, 23),
    ),
    _mostly(st.just(Days("*", lambda day: True)), days),
    _mostly(st.just(("*", frozenset(range(1, 13)))), _values(1, 12)),
    _mostly(st.just(Days("*", lambda day: True)), weekdays),
)

#: Some time before a change; a day and a half from there it is over, mostly.
moments = st.builds(
    lambda change, minutes: (
        ZoneInfo(change[0]),
        datetime(change[1].year, change[1].month, change[1].day, tzinfo=UTC) + MINUTE * minutes,
    ),
    st.sampled_from(CHANGES),
    st.integers(-1200, 1000),
)
