"""Reads, for pages and the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trigger_service.domain.admission import Limits
from trigger_service.domain.queries import JournalRow, LogFilter, LogPage, RunFilter, RunPage
from trigger_service.domain.run import Attempt, Run, TaskExecution
from trigger_service.store.engine import Database


class Insights:
    """What is known of runs. Safe for any thread. Every method raises RunNotFound and StoreUnavailable."""

    def __init__(self, *, home: Path, database: Database, limits: Limits, obstacle: Callable[[], str]) -> None:
        """`obstacle` (`Dispatcher.obstacle`) says why nothing at all can start now; empty otherwise."""

    def run(self, run_id: str) -> Run:
        """One run; a queued one with the reason why it waits."""

    def find(self, prefix: str) -> Run:
        """The run whose id starts with `prefix`; raises RunNotFound for none, AmbiguousRun for several."""

    def runs(self, wanted: RunFilter, cursor: str | None = None, limit: int = 50) -> RunPage:
        """Runs that pass the filter, newest first; raises InvalidCursor."""

    def tasks(self, run_id: str) -> list[TaskExecution]:
        """Task executions of the newest attempt, in the order in which they were discovered."""

    def attempts(self, run_id: str) -> list[Attempt]:
        """All attempts, oldest first."""

    def log(self, run_id: str, wanted: LogFilter, cursor: str | None = None, limit: int = 1000) -> LogPage:
        """Lines of output after `cursor`, oldest first, over all attempts; raises InvalidCursor."""

    def events(self, run_id: str, after: int = 0, limit: int = 1000) -> list[JournalRow]:
        """What happened to a run after the row with id `after`, in order."""
