"""What goes on over all runs: figures, start latency, and what ran when. Every read is bounded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, takewhile
from statistics import median

from trigger_service.domain.errors import InvalidRequest
from trigger_service.domain.glances import Bar
from trigger_service.domain.run import LIVE
from trigger_service.domain.scheduled import Schedule
from trigger_service.service.occurrences import Occurrences
from trigger_service.store import meter, schedules
from trigger_service.store import overview as table
from trigger_service.store.engine import Database

DAY_S, HOUR_S = 86_400, 3600
#: Runs of each hour whose start is looked at, and runs of each pipeline that a timeline has.
SAMPLES, BARS = 40, 300
#: Runs that began before a timeline does may reach into it: so much earlier is looked, at most.
EARLIER_S = 6 * HOUR_S
#: Fires of one schedule that are foreseen.
MOST_FIRES = 24


@dataclass(frozen=True)
class Figures:
    """Counts of runs; those of a day are of runs that were asked for in it."""

    running: int
    queued: int
    #: When the oldest queued run was asked for; None where none is queued.
    oldest: float | None
    failed: int
    failed_before: int
    succeeded: int
    #: In the last hour, and in that before.
    asked_for: int
    asked_for_before: int

    @property
    def share(self) -> str:
        """Of those that succeeded among those that ended by themselves; empty for none."""
        ended = self.succeeded + self.failed
        return f"{100 * self.succeeded // ended} %" if ended else ""


@dataclass(frozen=True)
class StartLatency:
    """From the acceptance of a run to the start of its child, in seconds, of some runs of each hour of a day."""

    #: The median of each hour, the oldest first; None for one without runs.
    hours: Sequence[float | None]
    #: The first second of the first hour.
    since: int
    median: float
    most_are_below: float
    slowest: float
    slowest_run: str


class Overview:
    """Safe for any thread. Every method raises StoreUnavailable. `now` in seconds since the epoch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def figures(self, now: float) -> Figures:
        """Of this moment, and of the day before it."""
        day, before, soon = now - DAY_S, now - 2 * DAY_S, now + HOUR_S
        with self._database.read() as connection:
            standing = meter.standing(connection)
            return Figures(
                running=sum(standing.get(state, (0, 0.0))[0] for state in LIVE),
                queued=standing.get("queued", (0, 0.0))[0],
                oldest=standing["queued"][1] if "queued" in standing else None,
                failed=table.count(connection, "failed", day, soon),
                failed_before=table.count(connection, "failed", before, day),
                succeeded=table.count(connection, "succeeded", day, soon),
                asked_for=table.asked_for(connection, now - HOUR_S, soon),
                asked_for_before=table.asked_for(connection, now - 2 * HOUR_S, now - HOUR_S),
            )

    def latency(self, now: float) -> StartLatency | None:
        """Of the last day; None where no run has started in it."""
        last = int(now) // HOUR_S * HOUR_S
        hours = range(last - 23 * HOUR_S, last + 1, HOUR_S)
        with self._database.read() as connection:
            found = table.latencies(connection, hours, SAMPLES)
        if not found:
            return None
        ordered = sorted(found, key=lambda one: one.seconds)
        by_hour = {hour: median(one.seconds for one in each) for hour, each in groupby(found, lambda one: one.hour)}
        return StartLatency(
            hours=[by_hour.get(hour) for hour in hours],
            since=hours[0],
            median=median(one.seconds for one in ordered),
            most_are_below=ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))].seconds,
            slowest=ordered[-1].seconds,
            slowest_run=ordered[-1].run_id,
        )

    def live(self) -> int:
        """How many runs hold slots."""
        with self._database.read() as connection:
            standing = meter.standing(connection)
        return sum(standing.get(state, (0, 0.0))[0] for state in LIVE)

    def pipelines(self) -> Mapping[str, float]:
        """By pipeline that has had a run: when the newest was asked for."""
        with self._database.read() as connection:
            return table.pipelines(connection)

    def bars(self, names: Collection[str], since: float) -> Mapping[str, list[Bar]]:
        """By pipeline: its newest runs that may reach into what comes after a moment, the oldest first.

        Of one that had more than BARS runs since then, there are as many, and no more.
        """
        found: dict[str, list[Bar]] = {name: [] for name in names}
        with self._database.read() as connection:
            for bar in table.bars(connection, found, since - EARLIER_S, BARS):
                if bar.finished_at is None or bar.finished_at >= since:
                    found[bar.pipeline].append(bar)
        return found

    def newest(self, names: Collection[str], most: int) -> Mapping[str, list[Bar]]:
        """By pipeline: its newest runs, the oldest first."""
        found: dict[str, list[Bar]] = {name: [] for name in names}
        with self._database.read() as connection:
            for bar in table.bars(connection, found, 0.0, most):
                found[bar.pipeline].append(bar)
        return found

    def next_fires(self, most: int) -> list[Schedule]:
        """Schedules by their next fire, the soonest first."""
        with self._database.read() as connection:
            return schedules.soonest(connection, most)


def fires_until(schedule: Schedule, now: float, until: float) -> list[float]:
    """The fires of a schedule up to a moment, the first of them with its jitter; so many at most."""
    if schedule.due_at is None or schedule.next_fire is None:
        return []
    try:
        later = takewhile(lambda fire: fire <= until, Occurrences(schedule.timing).after(max(now, schedule.next_fire)))
        fires = [schedule.due_at, *islice(later, MOST_FIRES - 1)]
    except InvalidRequest:  # it was saved by a version that could read it
        fires = [schedule.due_at]
    return [fire for fire in fires if now <= fire <= until]
