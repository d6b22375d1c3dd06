"""A real luigid, and run folders with real children and pumps on it."""

import os
import time

import pytest
from attempts import HERE, ROOT, Attempt

from trigger_service.domain.ids import uuid7
from trigger_service.domain.spec import RunSpec, attempt_folder


@pytest.fixture
def luigid(shared_luigid):
    """One for all tests of a process; tasks of two tests differ in their root."""
    return shared_luigid


@pytest.fixture
def results(tmp_path):
    """Where the sample tasks write, and their ledger."""
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "ledger").touch()
    return folder


@pytest.fixture
def attempt(tmp_path, luigid, results):
    """Makes attempts (not started yet) for a family of `sample_tasks`."""
    made = []

    def make(family, workers=1, environment=None, patience_s=30.0, module="sample_tasks", **parameters):
        run_id = uuid7(time.time(), os.urandom(10))
        folder = attempt_folder(tmp_path, run_id, 1)
        texts = {"root": str(results), **{name: str(value) for name, value in parameters.items()}}
        folder.write_spec(
            RunSpec(run_id, 1, module, family, texts, luigid.url, workers, scheduler_patience_s=patience_s)
        )
        paths = os.pathsep.join((str(ROOT), str(HERE)))
        made.append(Attempt(folder, run_id, {**os.environ, "PYTHONPATH": paths, **(environment or {})}))
        return made[-1]

    yield make
    for one in made:
        one.end()
