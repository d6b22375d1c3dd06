"""A real database on a temporary file, and runs to put into it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trigger_service.domain.run import Run, Trigger
from trigger_service.store import attempts, runs
from trigger_service.store.engine import Database
from trigger_service.store.schema import open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "database.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def stored(database: Database) -> Callable[..., Run]:
    """Stores a run: `stored(state="running", pipeline=...)`, with an attempt where its state has one."""
    numbers = itertools.count(1)

    def store(identity: str = "", sealed: str = "", **changes: Any) -> Run:
        number = next(numbers)
        values = {
            "id": f"0000000{number:05d}-0000-7000-8000-000000000000",
            "state": "queued",
            "pipeline": "Work",
            "module": "tasks.work",
            "parameters": {},
            "texts": {},
            "task_id": "Work",
            "trigger": Trigger("api", "test"),
            "created_at": float(number),
        }
        run = Run(**{**values, **changes})
        if run.state in ("starting", "running", "cancelling") and not run.attempt:
            run = run.evolve(attempt=1)
        with database.write() as connection:
            runs.insert(connection, run, identity=identity, sealed=sealed)
            for attempt in range(1, run.attempt + 1):
                attempts.insert(connection, run.id, attempt, 1.0)
        return run

    return store
