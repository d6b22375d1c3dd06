"""Ranges over a calendar parameter: the values from one to another, as the parameter itself would read them. Pure.

Each unit counts its periods by whole numbers, so a range is arithmetic on numbers. A bound is read as the parameter
reads it: where it takes every second day only, a day between two of them means the one before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from trigger_service.domain.errors import InvalidRequest, Problem
from trigger_service.domain.mistakes import shown
from trigger_service.domain.moments import FORMATS, written

#: The most values of a range, and of a list.
MOST_VALUES = 10_000
#: Where a range stands in a request.
_RANGE = "/range"
_DAY_S = 86400


@dataclass(frozen=True)
class Range:
    """Which values: from `start` to `stop`, both included, or the `last` so many up to `stop`.

    Without a `stop`: up to the newest period that is over (UTC). Of the values that there are every `step`th.
    """

    start: Optional[str] = None
    stop: Optional[str] = None
    last: Optional[int] = None
    step: int = 1


@dataclass(frozen=True)
class _Unit:
    """A kind of period: how its texts are read, and the number of the period that a moment lies in."""

    #: How it is written: what Luigi reads.
    form: str
    number: Callable[[datetime], int]
    #: The begin of the period of a number. The first of the calendar, that of the year 1, has the number 0.
    begin: Callable[[int], datetime]
    #: A moment of the period that a text means; raises ValueError.
    read: Callable[[str], datetime]

    def text(self, number: int) -> str:
        """The period of a number as text."""
        return written(self.begin(number), self.form)


def _passing(form: str, seconds: int, read: Optional[Callable[[str], datetime]] = None) -> _Unit:
    """A unit that is so many seconds long."""
    size = timedelta(seconds=seconds)
    return _Unit(
        form,
        lambda moment: (moment - _FIRST) // size,
        lambda number: _FIRST + number * size,
        read or _strptime(form),
    )


def _strptime(form: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, form).replace(tzinfo=timezone.utc)


def _read_minute(text: str) -> datetime:
    """As Luigi does, which takes `19H07` too."""
    try:
        return _strptime("%Y-%m-%dT%HH%M")(text)
    except ValueError:
        return _strptime(FORMATS["minute"])(text)


def _read_week(text: str) -> datetime:
    year, _, week = text.partition("-W")
    return _begin(date.fromisocalendar(int(year), int(week), 1))


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)


#: The begin of the calendar, a Monday.
_FIRST = datetime(1, 1, 1, tzinfo=timezone.utc)
_YEAR = _Unit(
    FORMATS["year"],
    lambda moment: moment.year - 1,
    lambda number: _FIRST.replace(year=number + 1),
    _strptime(FORMATS["year"]),
)
_MONTH = _Unit(
    FORMATS["month"],
    lambda moment: (moment.year - 1) * 12 + moment.month - 1,
    lambda number: _FIRST.replace(year=number // 12 + 1, month=number % 12 + 1),
    _strptime(FORMATS["month"]),
)
_WEEK = _passing(FORMATS["week"], 7 * _DAY_S, _read_week)
_DATE = _passing(FORMATS["date"], _DAY_S)
_UNITS: Dict[str, _Unit] = {
    "date": _DATE,
    "month": _MONTH,
    "year": _YEAR,
    "date-hour": _passing(FORMATS["hour"], 3600),
    "date-minute": _passing(FORMATS["minute"], 60, _read_minute),
    "date-second": _passing(FORMATS["second"], 1),
}
#: Those of date intervals; Luigi wants two digits.
_INTERVALS = (
    (re.compile(r"\d{4}"), _YEAR),
    (re.compile(r"\d{4}-\d{2}"), _MONTH),
    (re.compile(r"\d{4}-W\d{2}"), _WEEK),
    (re.compile(r"\d{4}-\d{2}-\d{2}"), _DATE),
)
INTERVAL = "date-interval"


def described(kind: str, every: int = 1, origin: Optional[date] = None) -> Optional[Dict[str, Any]]:
    """What the catalogue says of a parameter of such a kind, for `expand`; None where no range can be laid over it.

    It takes every `every`th period, counted from the one of `origin`.
    """
    if kind == INTERVAL:
        return {"unit": kind, "every": 1, "origin": None}
    if kind not in _UNITS or every < 1:
        return None
    unit, day = _UNITS[kind], origin or date(1970, 1, 1)
    moment = day.replace(tzinfo=timezone.utc) if isinstance(day, datetime) else _begin(day)
    return {"unit": kind, "every": every, "origin": unit.text(unit.number(moment))}


def expand(parameter: Mapping[str, Any], wanted: Range, now: float) -> List[str]:
    """The values of a range over a parameter (an entry of the catalogue), the oldest first.

    Raises InvalidRequest with everything that is wrong; pointers are those of a request with a member `range`.
    """
    counted = parameter.get("range")
    if counted is None:
        raise InvalidRequest([Problem("/parameter", _no_range(parameter))])
    problems = _contradictions(wanted)
    unit, numbers = _bounds(parameter, wanted, problems)
    if problems or unit is None:
        raise InvalidRequest(problems)
    return _counted(unit, counted, wanted, numbers, now)


def list_problems(values: List[Any]) -> List[Problem]:
    """What is wrong with a list of values, whatever they are."""
    if 1 <= len(values) <= MOST_VALUES:
        return []
    return [Problem("/values", f"has {len(values)} values; expected 1 to {MOST_VALUES}")]


def _no_range(parameter: Mapping[str, Any]) -> str:
    kinds = "dates, months, years, hours, minutes, seconds or date intervals"
    return f"{parameter['name']} is a {parameter['type']}, and ranges are of {kinds}; name its values in `values`"


def _contradictions(wanted: Range) -> List[Problem]:
    problems = []
    if wanted.start is None and wanted.last is None:
        problems.append(Problem(_RANGE, "says neither where it starts nor how many values it has: give start, or last"))
    if wanted.start is not None and wanted.last is not None:
        problems.append(Problem(f"{_RANGE}/last", "cannot be used beside start: give one of them"))
    for member in ("last", "step"):
        number = getattr(wanted, member)
        if number is not None and not 1 <= number <= MOST_VALUES:
            problems.append(Problem(f"{_RANGE}/{member}", f"{number} cannot be used: expected 1 to {MOST_VALUES}"))
    return problems


def _bounds(
    parameter: Mapping[str, Any], wanted: Range, problems: List[Problem]
) -> Tuple[Optional[_Unit], Dict[str, int]]:
    """The unit, and the numbers of those bounds that are given; what is wrong with them goes into `problems`."""
    named = parameter["range"]["unit"]
    units, numbers = [], {}
    for name, text in (("start", wanted.start), ("stop", wanted.stop)):
        if text is None:
            continue
        try:
            unit = _UNITS.get(named) or _interval_unit(text)
            numbers[name] = unit.number(unit.read(text))
            units.append(unit)
        except ValueError:
            problems.append(Problem(f"{_RANGE}/{name}", _unreadable(parameter, text)))
    if named in _UNITS:
        return _UNITS[named], numbers
    if not (units or problems):
        detail = "is needed where date intervals are counted: it says whether by days, weeks, months or years"
        problems.append(Problem(f"{_RANGE}/stop", detail))
    elif len(units) == 2 and units[0] is not units[1]:
        detail = f"{shown(wanted.stop)} is no interval as {shown(wanted.start)} is; expected both to be as long"
        problems.append(Problem(f"{_RANGE}/stop", detail))
    return (units[0] if units else None), numbers


def _interval_unit(text: str) -> _Unit:
    """That of a date interval which is one period; raises ValueError."""
    for pattern, unit in _INTERVALS:
        if pattern.fullmatch(text):
            return unit
    raise ValueError(text)


def _unreadable(parameter: Mapping[str, Any], text: str) -> str:
    if parameter["range"]["unit"] == INTERVAL:
        return f'{shown(text)} cannot be counted on: expected a year, month, week or day, for example "2013-W05"'
    return f"{shown(text)} cannot be used: expected {parameter['expectation']}"


def _counted(
    unit: _Unit, counted: Mapping[str, Any], wanted: Range, numbers: Mapping[str, int], now: float
) -> List[str]:
    """The texts of all values, none of which lies before the first that can be written."""
    every, step = int(counted["every"]), int(counted["every"]) * wanted.step
    origin = 0 if counted["origin"] is None else unit.number(unit.read(counted["origin"]))

    def aligned(number: int) -> int:
        return number - (number - origin) % every

    present = unit.number(datetime.fromtimestamp(now, timezone.utc))
    last = aligned(numbers["stop"] if "stop" in numbers else present - every)
    first = aligned(numbers["start"]) if "start" in numbers else last - step * ((wanted.last or 1) - 1)
    if first < 0:  # before the calendar begins
        first %= step
    if first > last:
        raise InvalidRequest([_empty(wanted)])
    count = (last - first) // step + 1
    if count > MOST_VALUES:
        mend = "choose a later start, or a larger step"
        raise InvalidRequest([Problem(_RANGE, f"has {count} values; expected at most {MOST_VALUES}: {mend}")])
    return [unit.text(number) for number in range(first, last + 1, step)]


def _empty(wanted: Range) -> Problem:
    if wanted.stop is None:
        detail = f"{shown(wanted.start)} is not over yet, and without a stop the newest period that is over is the last"
        return Problem(f"{_RANGE}/start", detail)
    return Problem(f"{_RANGE}/stop", f"{shown(wanted.stop)} is before the start, {shown(wanted.start)}")
