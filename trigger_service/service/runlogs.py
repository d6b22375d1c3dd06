"""Logs of runs for pages: by line numbers, and how many lines a filter finds."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from trigger_service.domain.queries import LogFilter
from trigger_service.domain.run import Run
from trigger_service.domain.spec import attempt_folder
from trigger_service.service.logindex import LineIndexes
from trigger_service.service.logreader import Sieve, sieve
from trigger_service.service.logview import LogView
from trigger_service.store import executions, runs
from trigger_service.store.engine import Database

#: Lines that are looked for at a time while they are counted, and counted at most.
_STEP, MOST = 5000, 50_000
#: Filters whose hits are remembered.
_KEPT = 32


@dataclass(frozen=True)
class Hits:
    """The numbers of the lines that a filter has found among those up to `looked`; whole where these were all."""

    numbers: array[int]
    looked: int
    whole: bool

    @property
    def count(self) -> int:
        """How many."""
        return len(self.numbers)

    def place(self, number: int) -> int:
        """Which of them a line is, from 1 on; 0 for none, or where that is not known yet."""
        at = bisect_left(self.numbers, number)
        return at + 1 if at < len(self.numbers) and self.numbers[at] == number else 0


class RunLogs:
    """What pages ask of logs. Safe for any thread. Every method raises RunNotFound and StoreUnavailable."""

    def __init__(self, home: Path, database: Database) -> None:
        self._home = home
        self._database = database
        self._indexes = LineIndexes()
        self._lock = Lock()
        self._hits: OrderedDict[tuple[str, LogFilter], Hits] = OrderedDict()

    def view(self, run_id: str) -> LogView:
        """The log as it is now."""
        with self._database.read() as connection:
            newest = runs.get(connection, run_id).attempt
        files = [attempt_folder(self._home, run_id, number).log_file for number in range(1, newest + 1)]
        return LogView([(file, self._indexes.marks(file)) for file in files])

    def sieve(self, run_id: str, wanted: LogFilter) -> Sieve:
        """A filter, prepared. Raises ValueError for a bad `regex`."""
        if not wanted.task:
            return sieve(wanted, ())
        with self._database.read() as connection:
            return sieve(wanted, {wanted.task, *executions.ids_of_family(connection, run_id, wanted.task)})

    def tasks(self, run: Run, only: Collection[str] | None = None) -> Mapping[str, tuple[str, Mapping[str, str]]]:
        """By task id, the family and the parameters of all tasks of the newest attempt, or of some."""
        with self._database.read() as connection:
            return executions.named(connection, run.id, run.attempt, only)

    def hits(self, run_id: str, wanted: LogFilter, view: LogView, seconds: float, most_s: float) -> Hits:
        """What is found in `seconds`, and what was found before: each time is gone on from there.

        The first of them is looked for in `most_s` seconds.
        """
        key = run_id, wanted
        with self._lock:
            known = self._hits.pop(key, None) or Hits(array("Q"), 0, False)
        now = time.monotonic()
        found = self._further(known, view, self.sieve(run_id, wanted), now + seconds, now + most_s)
        with self._lock:
            self._hits[key] = found
            if len(self._hits) > _KEPT:
                self._hits.popitem(last=False)
        return found

    def _further(self, known: Hits, view: LogView, through: Sieve, until: float, at_last: float) -> Hits:
        numbers, looked = array("Q", known.numbers), known.looked
        while looked < view.total and len(numbers) < MOST and time.monotonic() < (until if numbers else at_last):
            window = view.after(looked, through, _STEP, until) if numbers else view.after(looked, through, 1, at_last)
            numbers.extend(row.number for row in window.rows)
            looked = window.last
        return Hits(numbers, looked, looked >= view.total)
