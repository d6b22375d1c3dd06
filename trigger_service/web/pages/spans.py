"""Parts of the calendar that are shown at a time: a year of days, some years of months, a month of hours. Pure."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from trigger_service.domain.ranges import Range
from trigger_service.web.pages.cron_words import MONTHS

#: By unit of a parameter: what its values are called, and how many characters name a span of them.
_UNITS = {"date": ("days", 4), "month": ("months", 4), "date-hour": ("hours", 7)}
#: Years of months that are shown at a time.
_YEARS = 6
_AT = re.compile(r"\d{4}(-\d\d)?")


@dataclass(frozen=True)
class Span:
    """One part."""

    unit: str
    #: `2013`, of hours `2013-05`.
    at: str

    @property
    def words(self) -> str:
        """What its values are called."""
        return _UNITS[self.unit][0]

    @property
    def title(self) -> str:
        """`2013`, `2010-2015` (with a dash), `Feb 2013`."""
        first, last = self._bounds
        if self.unit == "date-hour":
            return f"{MONTHS[first.month - 1][:3]} {first.year}"
        return f"{first.year}" if self.unit == "date" else f"{first.year}\N{EN DASH}{last.year}"

    def range(self, now: float) -> Range:
        """Its values, up to the newest that is over."""
        first, last = self._bounds
        begin, end = first.isoformat(), last.isoformat()
        if self.unit == "date-hour":
            begin, end = f"{begin}T00", f"{end}T23"
        elif self.unit == "month":
            begin, end = begin[:7], end[:7]
        return Range(begin, end) if last < _day(now) else Range(begin)

    def before(self) -> Span | None:
        """The one before; None where the calendar begins."""
        first = self._bounds[0]
        return span(self.unit, date.fromordinal(first.toordinal() - 1).isoformat()) if first > date.min else None

    def after(self, now: float) -> Span | None:
        """The one after; None where it has not begun."""
        last = self._bounds[1]
        return span(self.unit, date.fromordinal(last.toordinal() + 1).isoformat()) if last < _day(now) else None

    @property
    def _bounds(self) -> tuple[date, date]:
        """First and last day."""
        year = int(self.at[:4])
        if self.unit == "date-hour":
            month = int(self.at[5:7])
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        years = _YEARS if self.unit == "month" else 1
        first = year - year % years
        return date(max(1, first), 1, 1), date(min(9999, first + years - 1), 12, 31)


def has_spans(unit: str) -> bool:
    """Whether values of a unit are shown by the calendar."""
    return unit in _UNITS


def span(unit: str, text: str) -> Span:
    """The span that a value, or another span, lies in; raises ValueError for what is none."""
    length = _UNITS[unit][1]
    at = text[:length]
    if not _AT.fullmatch(at) or len(at) != length:
        raise ValueError(text)
    date.fromisoformat((at + "-01-01")[:10])
    return Span(unit, at)


def present(unit: str, now: float) -> Span:
    """The span of a moment, in UTC."""
    return span(unit, _day(now).isoformat())


def _day(now: float) -> date:
    return datetime.fromtimestamp(now, UTC).date()
