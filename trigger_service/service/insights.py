"""Reads, for pages and the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from trigger_service.domain import admission
from trigger_service.domain.admission import Candidate, Limits
from trigger_service.domain.comparison import Comparison, compare
from trigger_service.domain.errors import InvalidCursor
from trigger_service.domain.logs import LogLine
from trigger_service.domain.place import Place
from trigger_service.domain.queries import (
    FamilyTasks,
    JournalRow,
    LogExtent,
    LogFilter,
    LogPage,
    RunFilter,
    RunGlance,
    RunPage,
    TaskGraph,
)
from trigger_service.domain.run import FINAL, Attempt, Run, TaskExecution
from trigger_service.domain.spec import RunFolder, attempt_folder
from trigger_service.domain.targets import DeclaredTarget, declared, with_writes
from trigger_service.service import logreader
from trigger_service.store import attempts, executions, journal, listing, newest, runs
from trigger_service.store.engine import Database
from trigger_service.store.target_catalogue import Records

_CURSOR = re.compile(r"(\d{1,6}):(\d{1,18})")


class Insights:
    """What is known of runs. Safe for any thread. Every method raises RunNotFound and StoreUnavailable."""

    def __init__(
        self, *, home: Path, database: Database, limits: Callable[[], Limits], obstacle: Callable[[Place], str]
    ) -> None:
        """`limits` gives those of the moment; `obstacle` (`Dispatcher.obstacle`) says why nothing can start in a place
        now, and is empty otherwise.
        """
        self._home = home
        self._database = database
        self._limits = limits
        self._obstacle = obstacle

    def run(self, run_id: str) -> Run:
        """One run; a queued one with the reason why it waits."""
        with self._database.read() as connection:
            return self._explained(connection, (runs.get(connection, run_id),))[0]

    def some(self, ids: Collection[str]) -> dict[str, Run]:
        """Runs by id, of some ids; those that there are, the queued ones without the reason why they wait."""
        with self._database.read() as connection:
            return runs.some(connection, ids)

    def find(self, prefix: str) -> Run:
        """The run whose id starts with `prefix`; raises RunNotFound for none, AmbiguousRun for several."""
        with self._database.read() as connection:
            return self._explained(connection, (runs.find(connection, prefix),))[0]

    def runs(self, wanted: RunFilter, cursor: str | None = None, limit: int = 50, reach: int | None = None) -> RunPage:
        """Runs that pass the filter, newest first; raises InvalidCursor. `reach`: how many are looked at, at most."""
        with self._database.read() as connection:
            page = listing.page(connection, wanted, cursor, limit, reach)
            return replace(page, runs=self._explained(connection, page.runs))

    def count(self, wanted: RunFilter, most: int) -> int:
        """How many runs pass a filter by pipeline, place, states or time; `most` at most."""
        with self._database.read() as connection:
            return listing.count(connection, wanted, most)

    def glances(self, pipelines: Iterable[tuple[str, str]], count: int) -> dict[tuple[str, str], list[RunGlance]]:
        """The newest `count` runs of each pipeline, which is named with its location, the oldest first."""
        with self._database.read() as connection:
            return newest.glances(connection, pipelines, count)

    def families(self, shown: Collection[RunGlance]) -> dict[str, list[FamilyTasks]]:
        """By run: the tasks of its newest attempt by family and status, in the order of their discovery."""
        with self._database.read() as connection:
            return newest.families(connection, shown)

    def states_by_value(
        self, pipeline: str, location: str, parameter: str, count: int
    ) -> Mapping[str, tuple[str, str]]:
        """By value of a parameter, as Luigi writes it: id and state of its newest run, of the newest `count` runs."""
        with self._database.read() as connection:
            return newest.states_by_value(connection, pipeline, location, parameter, count)

    def tasks(self, run_id: str) -> list[TaskExecution]:
        """Task executions of the newest attempt, in the order in which they were discovered."""
        with self._database.read() as connection:
            return executions.of(connection, run_id, runs.get(connection, run_id).attempt)

    def outlines(self, run: Run) -> list[TaskExecution]:
        """The same of a run that was read, with nothing but id, family, status and times."""
        with self._database.read() as connection:
            return executions.outlines(connection, run.id, run.attempt)

    def graph(self, run_id: str, limit: int) -> TaskGraph:
        """The first `limit` tasks of the newest attempt and what they require of each other."""
        with self._database.read() as connection:
            attempt = runs.get(connection, run_id).attempt
            total = sum(executions.counts(connection, run_id, attempt).values())
            return TaskGraph(attempt, total, tuple(executions.of(connection, run_id, attempt, limit)))

    def targets(self, run_id: str) -> list[DeclaredTarget]:
        """What the tasks of the newest attempt declare as their outputs, whether it existed, and what they wrote."""
        with self._database.read() as connection:
            run = runs.get(connection, run_id)
            outputs = declared(run, executions.of(connection, run_id, run.attempt))
            return list(with_writes(outputs, Records(connection).of_run(run_id)))

    def comparison(self, a: str, b: str) -> Comparison:
        """What is different between two runs."""
        with self._database.read() as connection:
            one, other = runs.get(connection, a), runs.get(connection, b)
            tasks_a = executions.outlines(connection, a, one.attempt)
            return compare(one, tasks_a, other, executions.outlines(connection, b, other.attempt))

    def attempts(self, run_id: str) -> list[Attempt]:
        """All attempts, oldest first."""
        with self._database.read() as connection:
            runs.get(connection, run_id)
            return attempts.of(connection, run_id)

    def events(self, run_id: str, after: int = 0, limit: int = 1000) -> list[JournalRow]:
        """What happened to a run after the row with id `after`, in order."""
        with self._database.read() as connection:
            runs.get(connection, run_id)
            return journal.after(connection, run_id, after, limit)

    def log(self, run_id: str, wanted: LogFilter, cursor: str | None = None, limit: int = 1000) -> LogPage:
        """Lines of output after `cursor`, oldest first, over all attempts; raises InvalidCursor."""
        with self._database.read() as connection:
            run = runs.get(connection, run_id)
            unburied = attempts.unburied_of(connection, run_id)
            through = _sieve(connection, run_id, wanted)
        number, offset = _parse(cursor)
        while True:
            folder = attempt_folder(self._home, run_id, number)
            # asked before the lines are read, so that none can follow them
            whole = number not in unburied or folder.pumped_file.exists()
            part = _read(folder, offset, limit, through)
            ended = part.at_end and whole
            if part.lines or not ended or number >= run.attempt:
                complete = ended and number >= run.attempt and run.state in FINAL
                return LogPage(part.lines, f"{number}:{part.offset}", complete)
            number, offset = number + 1, 0

    def log_has_grown(self, run_id: str, cursor: str | None) -> bool:
        """Whether the attempt that the cursor is in has more log than was read; asks no database."""
        number, offset = _parse(cursor)
        return _size(attempt_folder(self._home, run_id, number).log_file) > offset

    def log_extent(self, run_id: str) -> LogExtent:
        """How much log there is now."""
        with self._database.read() as connection:
            newest = runs.get(connection, run_id).attempt
        files = (attempt_folder(self._home, run_id, number).log_file for number in range(1, newest + 1))
        return LogExtent(run_id, tuple(_size(file) for file in files))

    def log_lines(self, extent: LogExtent, wanted: LogFilter) -> Iterator[LogLine]:
        """All lines up to there, over all attempts, oldest first; read while they are taken."""
        with self._database.read() as connection:
            through = _sieve(connection, extent.run_id, wanted)
        for number, size in enumerate(extent.bytes, start=1):
            with suppress(FileNotFoundError):
                file = attempt_folder(self._home, extent.run_id, number).log_file
                yield from logreader.whole(file, size, through)

    def _explained(self, connection: Connection, shown: tuple[Run, ...]) -> tuple[Run, ...]:
        """The runs, the queued ones each with one line that says what they wait for."""
        if all(run.state != "queued" for run in shown):
            return shown
        live = runs.live_candidates(connection)
        return tuple(run.evolve(reason=self._reason(run, live)) if run.state == "queued" else run for run in shown)

    def _reason(self, run: Run, live: list[Candidate]) -> str:
        candidate = Candidate(run.id, run.pipeline, run.priority, run.created_at, run.pools)
        held_up = admission.plan((candidate,), live, self._limits()).reasons.get(run.id)
        obstacle = self._obstacle(run.place)
        if held_up is None:
            held_up = f"nothing can be started now: {obstacle}" if obstacle else "starts in a moment"
        return f"{run.reason}; {held_up}" if run.reason and not obstacle else held_up


def _sieve(connection: Connection, run_id: str, wanted: LogFilter) -> logreader.Sieve:
    if not wanted.task:
        return logreader.sieve(wanted, ())
    return logreader.sieve(wanted, {wanted.task, *executions.ids_of_family(connection, run_id, wanted.task)})


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _read(folder: RunFolder, offset: int, limit: int, through: logreader.Sieve) -> logreader.Slice:
    try:
        return logreader.read(folder.log_file, offset, limit, through)
    except FileNotFoundError:
        return logreader.Slice((), offset, True)


def _parse(cursor: str | None) -> tuple[int, int]:
    """Attempt and byte offset."""
    if cursor is None:
        return 1, 0
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidCursor(cursor=cursor)
    return int(match[1]), int(match[2])
