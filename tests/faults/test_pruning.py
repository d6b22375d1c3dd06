"""Whoever deletes old runs is killed at each place that has been named as dangerous; the next one finishes it."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from fault_stage import ROOT
from polling import until
from product import Product

from trigger_service.domain.failpoints import VARIABLE

MODULES = ("service/removal.py",)
LARGE = '''
import luigi

class Large(luigi.Task):
    """More tasks than go in one transaction."""
    def requires(self):
        return [Small(n) for n in range(250)]
    def complete(self):
        return False
    def run(self):
        pass

class Small(luigi.Task):
    n = luigi.IntParameter()
    def complete(self):
        return True
'''


def points():
    texts = [(Path(ROOT) / "trigger_service" / module).read_text() for module in MODULES]
    return sorted({name for text in texts for name in re.findall(r'fail_point\("([^"]+)"\)', text)})


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """A project with runs of the past, and no service any more."""
    made = Product(tmp_path_factory.mktemp("past"))
    (made.folder / "steps.py").write_text((made.folder / "steps.py").read_text() + LARGE)
    try:
        made.start()
        made.reaches(made.trigger_with("Large", {}), "succeeded")
        for name in ("one", "two"):
            made.reaches(made.trigger("Quick", name), "succeeded")
        with closing(sqlite3.connect(made.home / "database.sqlite3", isolation_level=None)) as connection:
            unburied = "SELECT count(*) FROM attempts WHERE NOT buried"
            until(lambda: connection.execute(unburied).fetchone() == (0,), "all attempts are buried")
    finally:
        made.end()
    return made


def prune(folder, armed):
    command = [str(Path(sys.executable).with_name("luigi-trigger")), "db", "prune", "--keep-runs", "1"]
    environment = {**os.environ, VARIABLE: str(armed)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=50)


def left(folder):
    """The ids in the database, and those that have a folder."""
    home = folder / ".luigi-trigger"
    with closing(sqlite3.connect(home / "database.sqlite3")) as connection:
        ids = {row[0] for row in connection.execute("SELECT id FROM runs")}
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for table in ("journal", "tasks", "attempts", "offsets"):
            assert {row[0] for row in connection.execute(f"SELECT run_id FROM {table}")} <= ids
    return ids, {folder.name for folder in (home / "runs").iterdir()}


@pytest.mark.parametrize("name", points())
def test_what_a_killed_deletion_has_begun_is_finished_by_the_next(past, tmp_path, name):
    # Given a deletion that was killed there
    folder, armed = tmp_path / "project", tmp_path / "armed"
    shutil.copytree(past.folder, folder, ignore=shutil.ignore_patterns("*.sock"))
    armed.mkdir()
    (armed / name).touch()
    assert prune(folder, armed).returncode == -9
    rows, folders = left(folder)
    assert rows <= folders
    # When
    done = prune(folder, armed)
    # Then one run is left, rows and folder
    assert done.returncode == 0, done.stderr
    rows, folders = left(folder)
    assert len(rows) == 1
    assert rows == folders
