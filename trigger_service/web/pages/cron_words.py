"""When a schedule fires, in words: `30 2 * * 1-5` is "Weekdays at 02:30". Pure.

The words are those of the expression, not of its fires: what a change of the clocks does stands at the fire it moves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from trigger_service.domain.cron import FIELDS, Field, faults, five_fields
from trigger_service.domain.schedule import Timing

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_NTH = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth"}
#: More times of a day than this are told by a rule.
_MOST_TIMES, _MOST_IN_STEP = 6, 4
_ANY = "*"


def fires_in_words(timing: Timing) -> str:
    """A sentence without its point; the expression itself where there are no words for it."""
    if timing.kind == "cron":
        return cron_in_words(timing.expression)
    return _interval(timing.expression) if timing.kind == "interval" else _once(timing.expression)


def cron_in_words(expression: str) -> str:
    """A cron expression in words; as it is where it cannot be read."""
    if next(iter(faults(expression)), None) is not None:
        return expression
    minute, hour, day, month, weekday = five_fields(expression).upper().split()
    minutes, hours = _values(FIELDS[0], minute), _values(FIELDS[1], hour)
    days = _days(day, month, weekday)
    times, is_rule = _times(minutes, hours)
    if is_rule:
        return _sentence(f"{times}{'' if days == 'every day' else f', {_within(days)}'}")
    return _sentence(f"{days} at {times}")


def _interval(expression: str) -> str:
    words = re.sub(r"^every\s+", "", expression.strip(), flags=re.IGNORECASE).lower()
    alone = re.fullmatch(r"0*1\s*(second|minute|hour|day)s?", words)
    return f"Every {alone[1] if alone else words}"


def _once(expression: str) -> str:
    try:
        then = datetime.fromisoformat(expression.strip())
    except ValueError:
        return f"Once: {expression}"
    return f"Once, on {then.day} {MONTHS[then.month - 1]} {then.year} at {then:%H:%M}"


def _values(field: Field, text: str) -> list[int]:
    """The values of a field, special forms aside."""
    found: set[int] = set()
    for term in text.split(","):
        base, _, step = term.partition("/")
        low, dash, high = base.partition("-")
        first = field.low if base == _ANY else _value(field, low)
        last = field.high if base == _ANY or (step and not dash) else _value(field, high or low)
        found.update(range(first, last + 1, int(step or 1)))
    return sorted(found)


def _value(field: Field, text: str) -> int:
    number = field.value(text)
    assert number is not None, "the expression has no faults"
    return number


def _times(minutes: Sequence[int], hours: Sequence[int]) -> tuple[str, bool]:
    """Times of a day, and whether they are a rule (`every 15 minutes`) and no times of their own."""
    every = _step(minutes)
    fills = every is not None and minutes[0] < every and 60 % every == 0 and minutes[-1] + every >= 60
    if len(hours) == 24:
        since = f", from minute {minutes[0]}" if minutes[0] else ""
        whole_day = f"every {every} minutes{since}" if fills else f"every hour, at minute{_several(minutes)}"
        return "every minute" if len(minutes) == 60 else whole_day, True
    between = _step(hours)
    if len(minutes) * len(hours) <= (_MOST_TIMES if between is None else _MOST_IN_STEP):
        return _listed([f"{hour:02}:{minute:02}" for hour in hours for minute in minutes]), False
    span = f"from {hours[0]:02}:{minutes[0]:02} to {hours[-1]:02}:{minutes[-1]:02}"
    if between is not None and len(minutes) == 1:
        return f"every {'hour' if between == 1 else f'{between} hours'} {span}", True
    if between == 1 and fills:
        return f"every {'minute' if every == 1 else f'{every} minutes'} {span}", True
    return f"at minute{_several(minutes)} of hour{_several(hours)}", True


def _days(day: str, month: str, weekday: str) -> str:
    """Which days: `every day`, `weekdays`, `every Thursday`, `on day 1 of every month`."""
    months = "" if month.startswith(_ANY) and "/" not in month else _listed(_named_months(month))
    if day == _ANY and weekday == _ANY:
        return f"every day {_in(months)}" if months else "every day"
    of_month = _in(months) if months else "of every month"
    if weekday == _ANY:
        return _month_days(day, months, of_month)
    if day == _ANY:
        return f"{_weekdays(weekday)}{f' {_in(months)}' if months else ''}"
    # where one of them begins with a star both have to fit, otherwise either
    joint = "if it is" if _ANY in (day[0], weekday[0]) else "and also"
    names = _weekdays(weekday).removeprefix("every ") if joint == "if it is" else _weekdays(weekday)
    return f"{_month_days(day, months, of_month)}, {joint} {names}"


def _month_days(text: str, months: str, of_month: str) -> str:
    special = {"L": "the last day", "LW": "the last day from Monday to Friday"}
    terms = text.split(",")
    words = [special[term] for term in terms if term in special]
    plain = [term for term in terms if term not in special]
    days = _values(FIELDS[2], ",".join(plain)) if plain else []
    if len(days) == 1 and not words and months and " " not in months:
        return f"every {days[0]} {months}"
    told = [f"day{_several(days)}"] if days else []
    return f"on {_listed([*told, *words])} {of_month}"


def _weekdays(text: str) -> str:
    terms = text.split(",")
    words = [_special_weekday(term) for term in terms if "L" in term or "#" in term]
    plain = [term for term in terms if "L" not in term and "#" not in term]
    days = sorted({number % 7 for number in _values(FIELDS[4], ",".join(plain))}) if plain else []
    if not words and days in ([1, 2, 3, 4, 5], [0, 6]):
        return "weekdays" if len(days) == 5 else "weekends"
    if not words and len(days) == 7:
        return "every day"
    monday_first = sorted(days, key=lambda number: (number - 1) % 7)
    return f"every {_listed([*(DAYS[number] for number in monday_first), *words])}"


def _special_weekday(term: str) -> str:
    name, _, which = term.partition("#")
    day = DAYS[_value(FIELDS[4], name.removesuffix("L")) % 7]
    return f"{_NTH.get(which, 'last')} {day} of the month"


def _named_months(text: str) -> list[str]:
    numbers = _values(FIELDS[3], text)
    if len(numbers) > 2 and _step(numbers) == 1:
        return [f"{MONTHS[numbers[0] - 1]} to {MONTHS[numbers[-1] - 1]}"]
    return [MONTHS[number - 1] for number in numbers]


def _in(months: str) -> str:
    return f"{'from' if ' to ' in months else 'in'} {months}"


def _step(numbers: Sequence[int]) -> int | None:
    """How far apart they are, where all are so from the one before; of three at least."""
    gaps = {b - a for a, b in pairwise(numbers)}
    return gaps.pop() if len(numbers) > 2 and len(gaps) == 1 else 30 if list(numbers) == [0, 30] else None


def _several(numbers: Sequence[int]) -> str:
    """` 5`, `s 0, 20 and 50`, `s 8 to 17`: what stands after the name of one."""
    if len(numbers) > 2 and _step(numbers) == 1:
        return f"s {numbers[0]} to {numbers[-1]}"
    return f"{'s' if len(numbers) > 1 else ''} {_listed([str(number) for number in numbers])}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _within(days: str) -> str:
    """The days of a rule: `on weekdays`, `every Thursday`."""
    return f"on {days}" if days in ("weekdays", "weekends") else days


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]
