"""What a look at a live run's folder gives, and how it is written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from trigger_service.domain import stopping
from trigger_service.domain.ending import ending, never_started, timeout_reason
from trigger_service.domain.events import code_of
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.run import LIVE, Attempt, Run
from trigger_service.domain.spec import ExitReport, Handle, attempt_folder
from trigger_service.service.endings import conclude
from trigger_service.service.fence import NEVER_STARTED
from trigger_service.service.reader import EventReader, Reading
from trigger_service.service.undertaker import Undertaker
from trigger_service.store import attempts, runs
from trigger_service.store.engine import Database
from trigger_service.store.ingest import ingest

ACTOR = "collector"


@dataclass(frozen=True)
class Finding:
    """The news of one live run: events, and how its attempt ended, if it has."""

    run: Run
    attempt: Attempt
    reading: Reading
    report: ExitReport | None

    def is_news(self, now: float) -> bool:
        """Whether there is anything to write down."""
        overdue = stopping.is_overdue(self.run, self.attempt, now)
        return bool(self.reading.batches) or self.report is not None or overdue


class Examiner:
    """Looks into folders. For one thread."""

    def __init__(self, home: Path, database: Database, undertaker: Undertaker) -> None:
        self._home = home
        self._reader = EventReader(database)
        self._undertaker = undertaker

    def examine(self, run: Run, attempt: Attempt) -> Finding:
        """What is new. The end is looked for before the events, so that no event that came before it is missed."""
        folder = attempt_folder(self._home, run.id, attempt.number)
        report = folder.read_exit() or self._undertaker.verdict(run.id, attempt.number)
        if report is not None:
            fail_point("between exit read and final state")
        reading = self._reader.read(run.id, attempt.number, folder)
        return Finding(run, attempt, reading, report if reading.whole else None)

    def advance(self, recorded: Iterable[Finding]) -> None:
        """Go on after these findings next time."""
        for finding in recorded:
            key = (finding.run.id, finding.attempt.number)
            if finding.report is None:
                self._reader.advance(*key, finding.reading)
            else:
                self._reader.forget(*key)

    def start_over(self, failed: Iterable[Finding]) -> None:
        """Ask the store next time how far these have been recorded."""
        for finding in failed:
            self._reader.forget(finding.run.id, finding.attempt.number)


def record(connection: Connection, finding: Finding, now: float) -> Run:
    """Write a finding down: its events first, then what they and the end mean for the run's state."""
    run_id = finding.run.id
    ingest(connection, run_id, finding.reading.batches)
    run = runs.get(connection, run_id)
    if run.attempt != finding.attempt.number or run.state not in LIVE:
        return run
    started = next((event for event in finding.reading.events() if event.kind == "started"), None)
    if started is not None:
        run = _note_start(connection, run, started.data, now)
    if finding.report is not None:
        return _note_end(connection, run, finding, finding.report, now)
    if stopping.is_overdue(run, finding.attempt, now):
        return runs.change(connection, run, "cancelling", now=now, actor=ACTOR, reason=timeout_reason(run))
    return run


def _note_start(connection: Connection, run: Run, data: Mapping[str, Any], now: float) -> Run:
    handle, code = _handle(data), code_of(data)
    attempts.set_running(connection, run.id, run.attempt, handle.to_json() if handle else None)
    if run.state == "starting":
        return runs.change(connection, run, "running", now=now, actor=ACTOR, **code)
    if code:
        runs.set_code(connection, run.id, code)
    return run.evolve(**code)


def _handle(data: Mapping[str, Any]) -> Handle | None:
    """What a child says of itself in `started`; None where it does not make sense."""
    try:
        return Handle(int(data["pid"]), int(data["started"]), str(data["boot_id"]), str(data.get("launcher", "local")))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _note_end(connection: Connection, run: Run, finding: Finding, report: ExitReport, now: float) -> Run:
    if report.error == NEVER_STARTED:
        return conclude(connection, run, never_started(run, NEVER_STARTED.message), now=now, actor=ACTOR, buried=True)
    lost_before = attempts.lost(connection, run.id)
    return conclude(connection, run, ending(run, finding.attempt, report, lost_before), now=now, actor=ACTOR)
