"""What needs a person: work that has failed and was not tried again, what is late, stuck, or has lost an attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from trigger_service.domain.glances import Outstanding
from trigger_service.domain.notices import Notice, Rule, is_long
from trigger_service.domain.run import Run
from trigger_service.domain.spec import attempt_folder
from trigger_service.service.expectation import span
from trigger_service.store import notices, runs
from trigger_service.store import overview as table
from trigger_service.store.engine import Database

#: Failed runs of so many seconds are looked at, and so many at most.
FAILED_S, MOST_FAILED = 7 * 86_400, 1000
#: Live and queued runs that are looked at, the oldest first.
MOST_LIVE, MOST_QUEUED = 200, 500
#: Runs of a pipeline that say how long it usually takes.
HISTORY = 14
#: A run is stuck that takes so many times as long as usual, and has printed nothing for so many seconds.
FACTOR, SILENT_S = 3.0, 300.0
#: The same where nothing is usual yet.
SILENT_UNKNOWN_S = 3600.0


@dataclass(frozen=True)
class Failing:
    """The newest run of some work, which has failed."""

    run: Run
    #: How often in a row, this run included.
    times: int
    #: When the run was asked for that succeeded last; None for never.
    success: float | None
    #: How many other works of the pipeline have failed and were not tried again.
    others: int


@dataclass(frozen=True)
class Stuck:
    """A run that takes much longer than usual, and says nothing. Durations in seconds."""

    run: Run
    took: float
    #: The middle of earlier runs; None where there are too few.
    usual: float | None
    silent: float


@dataclass(frozen=True)
class Troubles:
    """All of them, each kind the newest first."""

    failing: Sequence[Failing]
    #: Pipelines that have failed, shown or not.
    failed_pipelines: int
    late: Sequence[Notice]
    stuck: Sequence[Stuck]
    #: Live or queued runs that have lost an attempt.
    lost: Sequence[Run]


class Attention:
    """Finds them. Safe for any thread."""

    def __init__(self, home: Path, database: Database) -> None:
        """`home`: the folder of the runs' logs."""
        self._home = home
        self._database = database

    def troubles(self, now: float, most: int) -> Troubles:
        """Up to `most` pipelines that have failed, and all else; raises StoreUnavailable."""
        with self._database.read() as connection:
            failing, pipelines = _failing(connection, now, most)
            live = table.oldest_live(connection, MOST_LIVE)
            again = runs.some(connection, table.queued_again(connection, MOST_QUEUED)[:most])
            late = _late(connection, now)
            stuck = self._all_stuck(connection, live, now)
        lost = [run for run in live if run.attempt > 1] + sorted(again.values(), key=lambda run: run.created_at)
        told = {one.run.id for one in failing} | {one.run.id for one in stuck} | {run.id for run in lost}
        unsaid = [notice for notice in late if notice.run_id not in told and notice.state != "failed"]
        return Troubles(failing, pipelines, unsaid, stuck, lost)

    def stuck(self, now: float) -> list[Stuck]:
        """Those of all live runs, the oldest first; raises StoreUnavailable."""
        with self._database.read() as connection:
            return self._all_stuck(connection, table.oldest_live(connection, MOST_LIVE), now)

    def late(self, now: float) -> list[Notice]:
        """Fires of schedules whose work should have succeeded by now, and has not failed; raises StoreUnavailable."""
        with self._database.read() as connection:
            return [notice for notice in _late(connection, now) if notice.state != "failed"]

    def _all_stuck(self, connection: Connection, live: Sequence[Run], now: float) -> list[Stuck]:
        return [found for run in live if (found := self._stuck(connection, run, now))]

    def _stuck(self, connection: Connection, run: Run, now: float) -> Stuck | None:
        took = now - (run.started_at or now)
        silent = min(took, now - self._last_line(run))
        if silent < SILENT_S:
            return None
        usual = span(runs.durations(connection, run.pipeline, HISTORY))
        if not is_long(took, usual, FACTOR) and (usual is not None or silent < SILENT_UNKNOWN_S):
            return None
        return Stuck(run, took, usual.seconds if usual else None, silent)

    def _last_line(self, run: Run) -> float:
        try:
            return attempt_folder(self._home, run.id, run.attempt).log_file.stat().st_mtime
        except OSError:
            return 0.0


def _failing(connection: Connection, now: float, most: int) -> tuple[list[Failing], int]:
    found = table.outstanding(connection, now - FAILED_S, MOST_FAILED)
    by_pipeline: dict[str, list[Outstanding]] = {}
    for work in found:
        by_pipeline.setdefault(work.pipeline, []).append(work)
    shown = {works[0].run_id: works for works in list(by_pipeline.values())[:most]}
    known = runs.some(connection, shown)
    made = []
    for run_id, works in shown.items():
        times, success = table.failures(connection, works[0].identity)
        made.append(Failing(known[run_id], times, success, len(works) - 1))
    return made, len(by_pipeline)


def _late(connection: Connection, now: float) -> list[Notice]:
    """What is late by the notification rules that tell of it, and by their usual limit where none does."""
    rules = [rule for rule in notices.listed(connection) if "late" in rule.events and not rule.paused]
    found = {}
    for limit in {Rule.late_s, *(rule.late_s for rule in rules)}:
        for notice in notices.late(connection, now - limit):
            limits = [rule.late_s for rule in rules if rule.covers("late", notice.pipeline, notice.labels)]
            if limit == min(limits, default=Rule.late_s):
                found[notice.schedule] = notice.evolve(time=notice.time + limit)
    return sorted(found.values(), key=lambda notice: notice.time, reverse=True)
