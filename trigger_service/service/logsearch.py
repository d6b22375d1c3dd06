"""Text in the logs of all runs: the newest runs first, for a limited time, which says how far it looked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from trigger_service.domain.queries import LogFilter, RunFilter
from trigger_service.domain.run import Run
from trigger_service.domain.spec import attempt_folder
from trigger_service.service.logreader import Sieve, passing, sieve, whole_piece
from trigger_service.service.logview import Row
from trigger_service.store import executions, listing
from trigger_service.store.engine import Database

#: Seconds that a search takes, about; runs with hits that it gives at most; hits of a run that it counts, and gives.
LOOK_S, RUNS, COUNTED, GIVEN = 1.0, 20, 1000, 5
#: Seconds for which hits are looked for that are given one by one, all of them.
WHOLE_S = 30.0
#: Runs that are asked for at a time.
_PAGE = 200
#: Runs of which the tasks of a family are looked up at a time: some have thousands.
_AT_ONCE = 20


@dataclass(frozen=True)
class FoundIn:
    """A run with hits."""

    run: Run
    #: The first hits.
    rows: tuple[Row, ...]
    #: How many there are, and by level; whether there may be more, in what was not looked at.
    count: int
    levels: dict[str, int]
    more: bool
    #: How many there are by task id, of those that a task has printed; and of each hit the time and the level.
    tasks: Mapping[str, int]
    times: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class LogHits:
    """What a search found, and how far it looked."""

    found: tuple[FoundIn, ...]
    #: Runs that were looked at, of all that pass the filter, and when the oldest of them was asked for.
    looked: int
    total: int
    back_to: float | None
    #: With which the search goes on; None where nothing is left.
    next_cursor: str | None
    seconds: float


class LogSearch:
    """Searches. Safe for any thread. Raises InvalidCursor and StoreUnavailable."""

    def __init__(self, home: Path, database: Database) -> None:
        self._home = home
        self._database = database

    def search(
        self, runs: RunFilter, lines: LogFilter, cursor: str | None = None, seconds: float = LOOK_S, most: int = RUNS
    ) -> LogHits:
        """The runs whose output passes, newest first, `most` of them; raises ValueError for a bad `regex`.

        The task of `lines` is the family of one: a run without any has no hits.
        """
        began = time.monotonic()
        until = began + seconds
        found: list[FoundIn] = []
        looked, last, ended = 0, None, True
        for run, through in self._sieved(runs, cursor, lines):
            if len(found) == most or time.monotonic() > until:
                ended = False
                break
            hits = self._in(run, through, until)
            if hits.more and not hits.count and looked:
                # the time was over in the middle of it: the next search begins with it
                ended = False
                break
            if hits.count:
                found.append(hits)
            looked, last = looked + 1, run
        with self._database.read() as connection:
            total = listing.count(connection, runs)
        goes_on = None if ended or last is None else listing.cursor_after(last)
        back_to = last.created_at if last else None
        return LogHits(tuple(found), looked, total, back_to, goes_on, time.monotonic() - began)

    def whole(
        self, runs: RunFilter, lines: LogFilter, cursor: str | None = None, seconds: float = WHOLE_S
    ) -> Iterator[tuple[Run, Row | None]]:
        """All hits one by one, of the newest run first; a run with None where the time is over within, and no more.

        The time that is taken between two of them does not count. Raises ValueError for a bad `regex`.
        """
        until = time.monotonic() + seconds
        for run, through in self._sieved(runs, cursor, lines):
            for row in chain(self._rows(run, through), [None]):
                if row is not None:
                    given = time.monotonic()
                    yield run, row
                    until += time.monotonic() - given
                elif time.monotonic() > until:
                    yield run, None
                    return

    def _runs(self, wanted: RunFilter, cursor: str | None) -> Iterator[Run]:
        while True:
            with self._database.read() as connection:
                page = listing.page(connection, wanted, cursor, _PAGE)
            yield from page.runs
            cursor = page.next_cursor
            if cursor is None:
                return

    def _sieved(self, wanted: RunFilter, cursor: str | None, lines: LogFilter) -> Iterator[tuple[Run, Sieve | None]]:
        """Runs, each with what its lines have to pass; None where it has no task of the family that is asked for."""
        through, runs = sieve(lines, ()), self._runs(wanted, cursor)
        if not lines.task:
            yield from ((run, through) for run in runs)
            return
        while some := list(islice(runs, _AT_ONCE)):
            with self._database.read() as connection:
                ids = executions.ids_of_families(connection, [run.id for run in some], lines.task)
            for run in some:
                yield run, sieve(lines, ids[run.id]) if run.id in ids else None

    def _in(self, run: Run, through: Sieve | None, until: float) -> FoundIn:
        rows: list[Row] = []
        times: list[tuple[float, str]] = []
        tasks: Counter[str] = Counter()
        more = False
        for row in self._rows(run, through):
            if row is None:
                more = time.monotonic() > until
            else:
                times.append((row.line.time, row.line.level))
                tasks.update([row.line.task] if row.line.task else [])
                rows += [row] if len(rows) < GIVEN else []
                more = len(times) == COUNTED
            if more:
                break
        return FoundIn(run, tuple(rows), len(times), Counter(level for _, level in times), more, tasks, times)

    def _rows(self, run: Run, through: Sieve | None) -> Iterator[Row | None]:
        """The lines that pass; None between the pieces in which they are read."""
        if through is None:
            return
        before = 0
        for attempt in range(1, run.attempt + 1):
            path = attempt_folder(self._home, run.id, attempt).log_file
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue
            with file:
                position = 0
                while piece := whole_piece(file, position):
                    counted = 0
                    for begin, _, line in passing(piece, through):
                        before += piece.count(b"\n", counted, begin)
                        counted = begin
                        yield Row(before + 1, attempt, line)
                    before += piece.count(b"\n", counted)
                    position += len(piece)
                    yield None
