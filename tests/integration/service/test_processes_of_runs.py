"""Processes of live runs, as /proc has them."""

import subprocess
import sys

import pytest

from trigger_service.domain.run import Run, Trigger
from trigger_service.domain.spec import Handle
from trigger_service.runner.linux import boot_id, process_stat
from trigger_service.service.processes import Processes
from trigger_service.store import attempts, runs
from trigger_service.store.schema import open_database

BUSY = "import os, sys; os.fork(); data = bytearray(30_000_000); print('ready', flush=True); [0 for _ in iter(int, 1)]"


@pytest.fixture
def busy():
    """A process in a session of its own that has forked another one, each with 30 MB; both at work."""
    child = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, start_new_session=True)
    for _ in range(2):
        child.stdout.readline()
    yield child.pid
    subprocess.run(["kill", "-9", "--", f"-{child.pid}"], check=True)
    child.wait()
    child.stdout.close()


@pytest.fixture
def database(tmp_path):
    opened = open_database(tmp_path / "database.sqlite3")
    yield opened
    opened.close()


def live(database, name, handle):
    """A live run with a child of this handle."""
    about = {"pipeline": name, "module": "m", "parameters": {}, "texts": {}, "task_id": f"{name}_1"}
    with database.write() as connection:
        run = Run(name, "running", trigger=Trigger("api"), created_at=1.0, attempt=1, **about)
        runs.insert(connection, run, identity=name)
        attempts.insert(connection, name, 1, 2.0)
        attempts.set_handle(connection, name, 1, handle.to_json())


def test_a_run_has_its_processes_with_what_they_take(database, busy):
    # Given a live run, and others whose processes are of another boot, another start, or gone
    started = process_stat(busy).started
    live(database, "Busy", Handle(busy, started, boot_id()))
    live(database, "Rebooted", Handle(busy, started, "another"))
    live(database, "Newer", Handle(busy, started + 10**9, boot_id()))
    live(database, "Gone", Handle(2**22 + 1, 1, boot_id()))
    # When
    (found,) = Processes(database).listed()
    # Then
    assert (found.run.id, found.pid, found.count, found.since) == ("Busy", busy, 2, 2.0)
    assert found.cpu > 1
    assert 60_000_000 < found.memory < 200_000_000


def test_the_machine_tells_what_it_has(database):
    machine = Processes(database).machine()
    assert machine.cores >= 1
    assert 0 < machine.memory_free < machine.memory


def test_where_there_is_no_proc_nothing_is_known(database, busy, tmp_path):
    live(database, "Busy", Handle(busy, process_stat(busy).started, boot_id()))
    processes = Processes(database, tmp_path / "none")
    assert processes.listed() == []
    assert processes.machine().memory == 0
