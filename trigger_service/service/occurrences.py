"""When a schedule fires: cron, intervals and single times, in local time, over changes of the clocks.

The only file that knows cronsim, which is asked for readings of a clock that is never changed. What changes of the
clocks make of them is decided here (docs/decisions/0025): a cron schedule that fires in every hour goes by elapsed
time; for all others, a local time that the clocks skip fires once right after the gap, and one that comes twice fires
the first time. An interval of days keeps its local time of day, a shorter one is elapsed time; without a start it is
counted from the beginning of 1970.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from trigger_service.domain import cron
from trigger_service.domain.errors import InvalidRequest, Problem
from trigger_service.domain.schedule import DAY_S, Timing, Upcoming, word_problems
from trigger_service.service import localtime
from trigger_service.service.localtime import EPOCH, Written

UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": DAY_S}
#: The parts of an interval: name, pattern, what is expected.
INTERVAL = (
    ("number", r"\s*(?:every\s+)?", ""),
    ("number", r"([0-9]{1,10})", "a whole number, as in 15 minutes"),
    (
        "unit",
        r"\s*(second|minute|hour|day)s?",
        "seconds, minutes, hours or days (a week is 7 days; for months use cron)",
    ),
    ("end", r"\s*$", "the end; write one number and one unit"),
)
LONGEST_DAYS = 3650
#: No fire is before or after these: room for a zone's offset, for the rarest days, and for cronsim to look ahead.
BEGINNING = -2 * DAY_S
HORIZON = int((datetime(localtime.LAST_YEAR + 40, 1, 1) - EPOCH).total_seconds())  # noqa: DTZ001 (as EPOCH)
#: Within fifty years from here, as far as cronsim looks, each date has been each weekday.
NEW_CENTURY = datetime(2000, 1, 1)  # noqa: DTZ001 (a reading of clocks)


class Fire(NamedTuple):
    """A fire: its moment, and the local time that was asked for (None where elapsed time was)."""

    moment: int
    wall: datetime | None


#: Fires after a moment, in order.
Rule = Callable[[int], Iterator[Fire]]


class Occurrences:
    """The fires of one timing, from its start to its end, both included; moments are seconds since the epoch.

    Whoever has seen none yet asks from 0 on. Raises InvalidRequest for a timing that
    cannot be read or never fires: each problem's pointer names a member of it, the detail the field and the column.
    """

    def __init__(self, timing: Timing) -> None:
        reader = _Reader(timing)
        if reader.problems:
            raise InvalidRequest(reader.problems)
        assert reader.rule is not None, "a rule that cannot be made is a problem"
        self._zone, self._rule = reader.zone, reader.rule
        self._start = reader.start.moment if reader.start else BEGINNING
        self._end = reader.end.moment if reader.end else HORIZON
        bounded = timing.kind == "once" or timing.end is not None
        if bounded and next(self.after(BEGINNING), None) is None:
            raise InvalidRequest([_outside(timing)])

    def after(self, moment: float) -> Iterator[int]:
        """The times of all fires after a moment, in order, as they are asked for."""
        return (fire.moment for fire in self._fires(moment))

    def due(self, since: float, now: float) -> Iterator[int]:
        """The times of the fires after `since` up to `now`, in order; none if the clock was put back before `since`."""
        for moment in self.after(since):
            if moment > now:
                return
            yield moment

    def preview(self, moment: float, count: int) -> tuple[Upcoming, ...]:
        """The first `count` fires after a moment, with what changes of the clocks do to them."""
        shown = []
        before = math.floor(moment)
        for fire in islice(self._fires(moment), count):
            shown.append(self._upcoming(fire, before))
            before = fire.moment
        return tuple(shown)

    def _fires(self, moment: float) -> Iterator[Fire]:
        after = max(math.floor(moment), self._start - 1)
        if after >= self._end:
            return
        for fire in self._rule(after):
            if fire.moment > self._end:
                return
            yield fire

    def _upcoming(self, fire: Fire, before: int) -> Upcoming:
        local = datetime.fromtimestamp(fire.moment, self._zone)
        shown = local.isoformat(timespec="seconds")
        note = self._note(fire, local, before)
        return Upcoming(fire.moment, local=shown[:19], utc=localtime.utc(fire.moment), offset=shown[19:], note=note)

    def _note(self, fire: Fire, local: datetime, before: int) -> str | None:
        shown = local.replace(tzinfo=None, fold=0)
        first, second = localtime.offsets(self._zone, shown)
        if fire.wall is not None and fire.wall != shown:
            form = "%H:%M" if fire.wall.date() == shown.date() else "%Y-%m-%d %H:%M"
            return f"the clocks go forward: {fire.wall:{form}} does not exist, fires at {shown:{form}}"
        if first > second:
            which = "fires the first time" if fire.wall else f"this is the {'second' if local.fold else 'first'} time"
            return f"the clocks go back: {shown:%H:%M} comes twice, {which}"
        ahead = localtime.offset(self._zone, fire.moment) - localtime.offset(self._zone, before)
        if ahead == 0:
            return None
        way = "forward" if ahead > 0 else "back"
        return f"the clocks have gone {way} by {abs(ahead) // 60} minutes since the fire before"


class _Reader:
    """Reads a timing: what it means, or all problems that it has."""

    def __init__(self, timing: Timing) -> None:
        self.problems = list(word_problems(timing))
        self.zone = ZoneInfo("UTC")
        self.rule: Rule | None = None
        try:
            self.zone = localtime.zone_of(timing.timezone)
        except ValueError as error:
            self.problems.append(Problem("/timezone", str(error)))
        self.start = self._time("/start", timing.start)
        self.end = self._time("/end", timing.end)
        if self.start and self.end and self.end.moment < self.start.moment:
            self.problems.append(Problem("/end", f"{timing.end!r} is before the start, {timing.start!r}; swap them"))
        if timing.kind == "cron":
            self._cron(timing.expression)
        elif timing.kind == "interval":
            self._interval(timing.expression)
        elif timing.kind == "once":
            once = self._time("/expression", timing.expression)
            self.rule = (lambda after: _once(once, after)) if once else None

    def _time(self, pointer: str, text: str | None) -> Written | None:
        try:
            return None if text is None else localtime.written(text, self.zone)
        except ValueError as error:
            self.problems.append(Problem(pointer, str(error)))
            return None

    def _cron(self, expression: str) -> None:
        self.problems += [Problem("/expression", fault) for fault in cron.faults(expression)]
        if any(problem.pointer == "/expression" for problem in self.problems):
            return
        try:
            readings = CronSim(cron.five_fields(expression), NEW_CENTURY)
            if readings.day_and and "*" not in (readings.parts[3], readings.parts[5]):
                next(copy(readings))
        except (CronSimError, StopIteration):  # the fields are well formed: there is no such day
            self.problems.append(Problem("/expression", _never(expression)))
            return
        rule = _by_elapsed_time if readings.hours == set(range(24)) else _by_local_time
        self.rule = lambda after: rule(readings, self.zone, after)

    def _interval(self, expression: str) -> None:
        try:
            number, unit = _number_and_unit(expression)
        except ValueError as error:
            self.problems.append(Problem("/expression", str(error)))
            return
        anchor = self.start or Written(localtime.first_moment(self.zone, EPOCH), EPOCH)
        if unit == DAY_S:
            self.rule = lambda after: _every_days(number, anchor, self.zone, after)
        else:
            first = self.start.moment if self.start else 0
            self.rule = lambda after: _every(number * unit, first, after)


def _number_and_unit(text: str) -> tuple[int, int]:
    """What an interval says, the unit in seconds. Raises ValueError, with the column of what is wrong."""
    column = 0
    found: list[str] = []
    for name, pattern, expected in INTERVAL:
        match = re.compile(pattern, re.IGNORECASE | re.ASCII).match(text, column)
        if match is None:
            rest = text[column:].lstrip()
            instead = repr(rest[:20]) if rest else "nothing"
            raise ValueError(f"{name}, column {len(text) - len(rest) + 1}: expected {expected}, not {instead}")
        column = match.end()
        found += match.groups()
    number, unit = int(found[0]), UNITS[found[1].lower()]
    if not 0 < number * unit <= LONGEST_DAYS * DAY_S:
        expected = f"expected 1 second to {LONGEST_DAYS} days"
        raise ValueError(
            f"number, column {text.index(found[0]) + 1}: {expected}, not {text.strip()!r}; write one of these"
        )
    return number, unit


def _never(expression: str) -> str:
    (column, day), (_, month), (_, weekday) = cron.placed(expression)[2:]
    return (
        f"day-of-month, column {column}: it never fires: no {day!r} of month {month!r} is a day-of-week {weekday!r}; "
        "expected a day that comes: change one of the three, or write L for the last day of a month"
    )


def _outside(timing: Timing) -> Problem:
    if timing.kind == "once":
        return Problem("/expression", f"{timing.expression!r} is not between start and end; move it, or leave them out")
    return Problem("/end", f"it never fires: no fire comes from the start to {timing.end!r}; choose a later end")


def _after(readings: CronSim, wall: datetime) -> Iterator[datetime]:
    """The readings after one of them; reading the expression again would take longer than finding the next."""
    later = copy(readings)
    later.dt = wall
    return cast(Iterator[datetime], later)


def _by_local_time(readings: CronSim, zone: ZoneInfo, after: int) -> Iterator[Fire]:
    """Each local time once: several that clocks skip are one fire, and what comes a second time is over already."""
    for wall in _after(readings, localtime.reading(zone, after)):
        moment = localtime.first_moment(zone, wall)
        if moment > after:
            yield Fire(moment, wall)
            after = moment


def _by_elapsed_time(readings: CronSim, zone: ZoneInfo, after: int) -> Iterator[Fire]:
    """Whenever the clocks show such a time: reckoned from one change of them to the next."""
    changed: int | None = after + 1
    while changed is not None:
        seen, changed = changed, None
        offset = localtime.offset(zone, seen)
        for wall in _after(readings, EPOCH + timedelta(seconds=seen - 1 + offset)):
            moment = int((wall - EPOCH).total_seconds()) - offset
            changed = localtime.change(zone, seen, moment)
            if changed is not None:
                break
            yield Fire(moment, None)
            seen = moment


def _once(time: Written, after: int) -> Iterator[Fire]:
    if time.moment > after:
        yield Fire(*time)


def _every(step_s: int, anchor: int, after: int) -> Iterator[Fire]:
    moment = max(anchor, anchor + ((after - anchor) // step_s + 1) * step_s)
    while True:
        yield Fire(moment, None)
        moment += step_s


def _every_days(days: int, anchor: Written, zone: ZoneInfo, after: int) -> Iterator[Fire]:
    """The same local time every so many days; at first the anchor itself, whichever of two equal local times it is."""
    wall = anchor.wall or localtime.reading(zone, anchor.moment)
    if anchor.moment > after:
        yield Fire(anchor.moment, anchor.wall)
        after = anchor.moment
    passed = (localtime.reading(zone, after) - wall).days // days
    wall += timedelta(days=max(1, passed) * days)
    while True:
        moment = localtime.first_moment(zone, wall)
        if moment > after:
            yield Fire(moment, wall)
            after = moment
        wall += timedelta(days=days)
