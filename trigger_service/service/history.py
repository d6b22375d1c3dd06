"""What was before a run, and what happened to it: for its page, each read bounded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from statistics import median

from trigger_service.domain.queries import JournalRow
from trigger_service.domain.run import Run
from trigger_service.store import executions, journal, runs
from trigger_service.store.engine import Database

#: So many earlier tasks of a family, or runs of a pipeline, are looked at.
SAMPLES = 14
#: Families of one run that are looked up; of the others nothing is expected.
MOST_FAMILIES = 200
#: Medians that are remembered.
KEPT = 4_096
#: Executions of tasks that were tried again.
MOST_TRIES = 2_000


#: When one execution of a task began, and when it ended.
Try = tuple[float, float | None]


class History:
    """Safe for any thread. Every method raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # what was before a moment stays as it is, and the page of a live run asks for the same again and again
        self._median = lru_cache(KEPT)(self._found_median)

    def medians(self, families: Iterable[str], before: float) -> dict[str, float]:
        """By family, the seconds that its tasks took in the middle, of those that were done before a moment."""
        found = {family: self._median(family, before) for family in list(dict.fromkeys(families))[:MOST_FAMILIES]}
        return {family: took for family, took in found.items() if took is not None}

    def _found_median(self, family: str, before: float) -> float | None:
        with self._database.read() as connection:
            took = executions.durations(connection, family, SAMPLES, before)
        return median(took) if took else None

    def run_medians(self, pipelines: Iterable[str]) -> dict[str, float]:
        """The same of several pipelines, by name, of those that have succeeded."""
        found = {}
        with self._database.read() as connection:
            for pipeline in set(pipelines):
                took = runs.durations(connection, pipeline, SAMPLES)
                if took:
                    found[pipeline] = median(took)
        return found

    def run_median(self, pipeline: str, before: float) -> float | None:
        """Seconds that runs of a pipeline took in the middle, of those asked for before a moment that succeeded."""
        with self._database.read() as connection:
            took = runs.durations(connection, pipeline, SAMPLES, before)
        return median(took) if took else None

    def last_success(self, run: Run) -> Run | None:
        """The newest run of the same pipeline that succeeded before this one was asked for."""
        with self._database.read() as connection:
            return runs.last_success(connection, run)

    def retries(self, run_id: str) -> list[str]:
        """Ids of the runs that retry this one, newest first."""
        with self._database.read() as connection:
            return runs.retries(connection, run_id, 5)

    def states(self, run_id: str, limit: int) -> list[JournalRow]:
        """The newest changes of its state and notes about it, newest first."""
        with self._database.read() as connection:
            return journal.states(connection, run_id, limit)

    def tries(self, run_id: str, attempt: int, tasks: Collection[str]) -> Mapping[str, list[Try]]:
        """By task id: when each execution of these tasks began and ended."""
        if not tasks:
            return {}
        with self._database.read() as connection:
            rows = journal.tries(connection, run_id, attempt, tasks, MOST_TRIES)
        found: dict[str, list[Try]] = {}
        for row in rows:
            of_task = found.setdefault(row.task or "", [])
            if row.kind == "began":
                of_task.append((row.time, None))
            elif of_task:
                of_task[-1] = (of_task[-1][0], row.time)
        return found
