"""The schedules that there are: saved, paused, removed and shown. Their fires are kept by `service/schedules.py`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from trigger_service.domain.audit import Change
from trigger_service.domain.errors import InvalidRequest, Problem, ScheduleManaged, ScheduleNotFound
from trigger_service.domain.names import name_problems
from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing, Upcoming, jitter
from trigger_service.domain.scheduled import Fire, Schedule
from trigger_service.domain.templates import parse_parameters
from trigger_service.service import checks, localtime
from trigger_service.service.occurrences import Occurrences
from trigger_service.service.triggers import Triggers
from trigger_service.store import audit
from trigger_service.store import schedules as table
from trigger_service.store.engine import Database

#: Where the timing of a schedule stands in a request.
TIMING = "/timing"


@dataclass(frozen=True)
class Foreseen:
    """A fire that will be, and the parameters of its run."""

    fire: Upcoming
    parameters: Mapping[str, Any]


class Timetable:
    """All schedules. Safe for any thread."""

    def __init__(self, database: Database, triggers: Triggers) -> None:
        self._database = database
        self._triggers = triggers
        #: Called after each change: another fire may be the next.
        self.on_change: Callable[[], None] = lambda: None

    def save(self, name: str, timing: Timing, request: RunRequest, actor: str, *, managed_by: str = "") -> Schedule:
        """Make a schedule, or put it in the place of the one of this name; it goes on from now.

        `managed_by` is the file that it stands in: what is there already goes on as it is.
        Raises InvalidRequest with everything that is wrong with it, what a run of it would be refused with, and
        ScheduleManaged for one that others manage.
        """
        now = time.time()
        with self._database.read() as connection:
            old = table.get(connection, name)
        if managed_by and old and (old.timing, old.request, old.managed_by) == (timing, request, managed_by):
            return old
        self._check(name, timing, request, now)
        with self._database.write() as connection:
            old = table.get(connection, name)
            _refuse_managed(old, managed_by)
            made = Schedule(name, timing, request, created_at=old.created_at if old else now, updated_at=now)
            made = made.evolve(paused=old is not None and old.paused, managed_by=managed_by)
            made = _from_now_on(made, now)
            table.save(connection, made)
            change = Change(
                actor, "schedule changed" if old else "schedule made", f"schedule {name}", _told(old), _told(made)
            )
            audit.record(connection, change, now)
        self.on_change()
        return made

    def pause(self, name: str, paused: bool, actor: str) -> Schedule:
        """Pause or resume a schedule; what would have been a fire meanwhile is none. Raises ScheduleNotFound."""
        with self._changing(name) as (connection, old, now):
            if old.paused == paused:
                return old
            made = _from_now_on(old.evolve(paused=paused, updated_at=now), now)
            table.save(connection, made)
            done = "schedule paused" if paused else "schedule resumed"
            change = Change(actor, done, f"schedule {name}", {"paused": old.paused}, {"paused": paused})
            audit.record(connection, change, now)
        self.on_change()
        return made

    def pause_all(self, paused: bool, actor: str) -> list[Schedule]:
        """Pause or resume all of them."""
        return [self.pause(schedule.name, paused, actor) for schedule in self.listed() if schedule.paused != paused]

    def remove(self, name: str, actor: str, *, managed_by: str = "") -> None:
        """Remove a schedule and the record of its fires; its runs stay. Raises ScheduleNotFound, ScheduleManaged."""
        with self._changing(name) as (connection, old, now):
            _refuse_managed(old, managed_by)
            table.remove(connection, name)
            audit.record(connection, Change(actor, "schedule removed", f"schedule {name}", _told(old), None), now)
        self.on_change()

    def get(self, name: str) -> Schedule:
        """One of them; raises ScheduleNotFound."""
        with self._database.read() as connection:
            found = table.get(connection, name)
        if found is None:
            raise ScheduleNotFound(name=name)
        return found

    def listed(self) -> list[Schedule]:
        """All of them, by name."""
        with self._database.read() as connection:
            return table.listed(connection)

    def fires(self, name: str, before: int | None, limit: int) -> list[Fire]:
        """What became of a schedule's fires, newest first; raises ScheduleNotFound."""
        self.get(name)
        with self._database.read() as connection:
            return table.history(connection, name, before, limit)

    def newest(self) -> dict[str, Fire]:
        """The newest fire of each schedule that has had one."""
        with self._database.read() as connection:
            return table.newest(connection)

    def preview(self, timing: Timing, count: int) -> tuple[Upcoming, ...]:
        """The next fires of a timing, whether or not there is a schedule of it; raises InvalidRequest."""
        return _occurrences(timing).preview(time.time(), count)

    def foreseen(self, name: str, timing: Timing, request: RunRequest, count: int) -> tuple[Foreseen, ...]:
        """The next fires as they would be, with their parameters; raises InvalidRequest, as for templates."""
        fires = self.preview(timing, count)
        zone = ZoneInfo(timing.timezone)
        return tuple(
            Foreseen(fire, rendered(name, request, datetime.fromtimestamp(fire.at, zone)).parameters) for fire in fires
        )

    def asked_now(self, schedule: Schedule) -> RunRequest:
        """What a fire of it at this moment would ask for; raises InvalidRequest."""
        now = datetime.now(localtime.zone_of(schedule.timing.timezone)).replace(microsecond=0)
        return rendered(schedule.name, schedule.request, now)

    def _check(self, name: str, timing: Timing, request: RunRequest, now: float) -> None:
        """Raise what is wrong, all at once: the request is judged as it would be at the first fire."""
        problems = name_problems(name, "a schedule")
        first, zone = int(now), ZoneInfo("UTC")
        try:
            first, zone = _first(timing, now), ZoneInfo(timing.timezone)
        except InvalidRequest as error:
            problems += error.problems
        parameters = self._triggers.pipeline(request).parameters
        problems += checks.private_problems(parameters, request.parameters, "schedules")
        # values of private parameters are not looked at: what is wrong with a template is told with its text
        private = {parameter["name"] for parameter in parameters if parameter["visibility"] != "public"}
        public = {name: value for name, value in request.parameters.items() if name not in private}
        try:
            asked = rendered(name, replace(request, parameters=public), datetime.fromtimestamp(first, zone))
            self._triggers.judged(asked)
        except InvalidRequest as error:
            if not problems:
                raise
            raise InvalidRequest([*problems, *error.problems]) from error
        if problems:
            raise InvalidRequest(problems)

    @contextmanager
    def _changing(self, name: str) -> Iterator[tuple[Any, Schedule, float]]:
        with self._database.write() as connection:
            old = table.get(connection, name)
            if old is None:
                raise ScheduleNotFound(name=name)
            yield connection, old, time.time()


def _refuse_managed(old: Schedule | None, managed_by: str) -> None:
    """Raise ScheduleManaged where somebody else has to change the schedule."""
    if old is not None and old.managed_by != managed_by:
        who = (
            f"stands in {old.managed_by}: change it there" if old.managed_by else "was made by people: remove it first"
        )
        raise ScheduleManaged(name=old.name, who=who)


def rendered(name: str, request: RunRequest, fire_time: datetime) -> RunRequest:
    """The request of one fire; raises InvalidParameters for templates that cannot be read, or have no such time."""
    return replace(request, parameters=parse_parameters(request.parameters).render(fire_time, name))


def next_of(schedule: Schedule, after: float) -> Schedule:
    """The schedule with its first fire after a moment; without one after the last."""
    fire_time = next(Occurrences(schedule.timing).after(after), None)
    if fire_time is None:
        return schedule.evolve(next_fire=None, due_at=None)
    put_off = jitter(schedule.name, fire_time, schedule.timing.jitter_s)
    return schedule.evolve(next_fire=fire_time, due_at=fire_time + put_off)


def _from_now_on(schedule: Schedule, now: float) -> Schedule:
    return schedule.evolve(next_fire=None, due_at=None) if schedule.paused else next_of(schedule, now)


def _occurrences(timing: Timing) -> Occurrences:
    """The fires of a timing that stands in a request; raises InvalidRequest."""
    try:
        return Occurrences(timing)
    except InvalidRequest as error:
        problems = [Problem(f"{TIMING}{problem.pointer}", problem.detail) for problem in error.problems]
        raise InvalidRequest(problems) from error


def _first(timing: Timing, now: float) -> int:
    """The next fire of a timing that stands in a request; raises InvalidRequest, also where none is to come."""
    first = next(_occurrences(timing).after(now), None)
    if first is None:
        detail = f"no fire of it is to come: {timing.expression!r} is past; choose a later time, or a later end"
        raise InvalidRequest([Problem(f"{TIMING}/expression", detail)])
    return first


def _told(schedule: Schedule | None) -> dict[str, Any] | None:
    """What the record of changes says of a schedule."""
    if schedule is None:
        return None
    return {"timing": asdict(schedule.timing), "request": asdict(schedule.request), "paused": schedule.paused}
