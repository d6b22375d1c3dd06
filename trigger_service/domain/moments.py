"""Moments of a time zone: moved along the calendar, taken back to the begin of a unit, written as text. Pure.

A moment is an aware datetime, with the zone's own tzinfo: a day later is the same time on the next day, also where a
clock change makes that day shorter. Minutes and hours are those that pass: an hour before 03:00 is 01:00 where the
clock went from 02:00 to 03:00. A local time that is skipped means the one so much later, a repeated one the first.
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta, timezone
from typing import Callable, Dict, List, Tuple

_PASSING_MINUTES = {"minute": 1, "hour": 60}
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
UNITS = (*_PASSING_MINUTES, *_DAYS, *_MONTHS)

_DIRECTIVES: Dict[str, Callable[[datetime], str]] = {
    "%Y": lambda moment: f"{moment.year:04d}",
    "%y": lambda moment: f"{moment.year % 100:02d}",
    "%m": lambda moment: f"{moment.month:02d}",
    "%d": lambda moment: f"{moment.day:02d}",
    "%H": lambda moment: f"{moment.hour:02d}",
    "%M": lambda moment: f"{moment.minute:02d}",
    "%S": lambda moment: f"{moment.second:02d}",
    "%j": lambda moment: f"{moment.timetuple().tm_yday:03d}",
    "%G": lambda moment: f"{moment.isocalendar()[0]:04d}",
    "%V": lambda moment: f"{moment.isocalendar()[1]:02d}",
    "%u": lambda moment: str(moment.isoweekday()),
    # of very late moments `timestamp()` with its microseconds would be rounded up
    "%s": lambda moment: str(int(moment.replace(microsecond=0).timestamp())),
    "%:z": lambda moment: moment.isoformat(timespec="seconds")[19:],
    "%z": lambda moment: moment.isoformat(timespec="seconds")[19:].replace(":", ""),
    "%%": lambda _: "%",
}
DIRECTIVES = tuple(_DIRECTIVES)
#: What stands in a format where a directive is meant.
_DIRECTIVE = re.compile(r"%(:.|.|$)", re.DOTALL)

#: Formats by the name of the filter.
FORMATS = {
    "date": "%Y-%m-%d",
    "month": "%Y-%m",
    "year": "%Y",
    "hour": "%Y-%m-%dT%H",
    "minute": "%Y-%m-%dT%H%M",
    "second": "%Y-%m-%dT%H%M%S",
    "week": "%G-W%V",
    "iso": "%Y-%m-%dT%H:%M:%S%:z",
    "timestamp": "%s",
}


def moved(moment: datetime, count: int, unit: str) -> datetime:
    """So many units later (earlier, where the count is negative); months end at the latest with their last day.

    Raises OverflowError beyond the years 1 to 9999.
    """
    if unit in _PASSING_MINUTES:
        passed = moment.astimezone(timezone.utc) + timedelta(minutes=count * _PASSING_MINUTES[unit])
        return passed.astimezone(moment.tzinfo)
    if unit in _DAYS:
        return (moment + timedelta(days=count * _DAYS[unit])).replace(fold=0)
    year, month = divmod(moment.year * 12 + moment.month - 1 + count * _MONTHS[unit], 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last), fold=0)


def floored(moment: datetime, unit: str) -> datetime:
    """The begin of the unit that the moment is in; a week begins on Monday."""
    if unit == "minute":
        return moment.replace(second=0, microsecond=0)
    if unit == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit == "week":
        return midnight - timedelta(days=moment.weekday())
    return midnight.replace(day=1 if unit in _MONTHS else moment.day, month=1 if unit == "year" else moment.month)


def existing(moment: datetime) -> datetime:
    """The same, or where the clock skipped it, the time so much later that there was. Raises OverflowError."""
    return moment.astimezone(timezone.utc).astimezone(moment.tzinfo)


def written(moment: datetime, form: str) -> str:
    """The moment in a format of the directives that there are, as `unknown_directives` has found them good."""
    return _DIRECTIVE.sub(lambda found: _DIRECTIVES[found.group()](moment), form)


def unknown_directives(form: str) -> List[Tuple[int, str]]:
    """Index and text of each directive in the format that there is not."""
    return [(found.start(), found.group()) for found in _DIRECTIVE.finditer(form) if found.group() not in _DIRECTIVES]
