"""The newest runs of pipelines, as lists and charts need them: few columns of many runs, read in one go."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, false, func, select, text

from trigger_service.domain.queries import FamilyTasks, RunGlance
from trigger_service.domain.tasks import ABANDONED
from trigger_service.store.tables import runs, tasks

_COLUMNS = (
    "id",
    "pipeline",
    "location",
    "state",
    "created_at",
    "started_at",
    "finished_at",
    "attempt",
    "tasks_done",
    "tasks_total",
)
# The pipelines come first, whatever SQLite thinks of it, and of each the index gives the newest: nothing is sorted.
_NEWEST = text(
    f"SELECT {', '.join(f'runs.{name}' for name in _COLUMNS)} "  # noqa: S608 (names of this file)
    "FROM json_each(:wanted) AS wanted CROSS JOIN runs WHERE runs.rowid IN ("
    "SELECT own.rowid FROM runs AS own WHERE own.pipeline = json_extract(wanted.value, '$[0]') "
    "AND own.location = json_extract(wanted.value, '$[1]') "
    "ORDER BY own.created_at DESC, own.id DESC LIMIT :count)"
)
_VALUES = (
    select(runs.c.texts, runs.c.id, runs.c.state)
    .where(runs.c.pipeline == bindparam("pipeline"), runs.c.location == bindparam("location"))
    .order_by(runs.c.created_at.desc(), runs.c.id.desc())
    .limit(bindparam("count"))
)
_ELSEWHERE = tasks.c.done_by.is_not(None)
_ABANDONED = func.coalesce(tasks.c.explanation.startswith(ABANDONED), false())
_FAMILIES = (
    select(
        tasks.c.family,
        tasks.c.status,
        func.count(),
        func.min(tasks.c.id),
        func.min(tasks.c.task_id),
        _ELSEWHERE,
        _ABANDONED,
    )
    .where(tasks.c.run_id == bindparam("run_id"), tasks.c.attempt == bindparam("attempt"))
    .group_by(tasks.c.family, tasks.c.status, _ELSEWHERE, _ABANDONED)
)


def glances(
    connection: Connection, pipelines: Iterable[tuple[str, str]], count: int
) -> dict[tuple[str, str], list[RunGlance]]:
    """The newest `count` runs of each pipeline, named with its location; of each the oldest first."""
    found: dict[tuple[str, str], list[RunGlance]] = {named: [] for named in pipelines}
    asked = {"wanted": json.dumps(list(found)), "count": count}
    for run in map(RunGlance._make, connection.execute(_NEWEST, asked).all()):
        found[run.pipeline, run.location].append(run)
    for each in found.values():
        each.sort(key=attrgetter("created_at", "id"))
    return found


def families(connection: Connection, wanted: Collection[RunGlance]) -> dict[str, list[FamilyTasks]]:
    """By run: the tasks of its newest attempt by family and status, in the order in which they were discovered."""
    found: dict[str, list[FamilyTasks]] = {}
    for run in wanted:
        rows: list[Any] = list(connection.execute(_FAMILIES, {"run_id": run.id, "attempt": run.attempt}))
        rows.sort(key=lambda row: row[3])
        found[run.id] = [
            FamilyTasks(family, status, count, task, bool(elsewhere), bool(abandoned))
            for family, status, count, _, task, elsewhere, abandoned in rows
        ]
    return found


def states_by_value(
    connection: Connection, pipeline: str, location: str, parameter: str, count: int
) -> dict[str, tuple[str, str]]:
    """By value of a parameter, as Luigi writes it: id and state of its newest run, of the newest `count` runs."""
    asked = {"pipeline": pipeline, "location": location, "count": count}
    found: dict[str, tuple[str, str]] = {}
    for row in connection.execute(_VALUES, asked):
        if parameter in row.texts:
            found.setdefault(row.texts[parameter], (row.id, row.state))
    return found
