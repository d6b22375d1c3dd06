"""What children report, taken in exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trigger_service.domain.events import EventBatch, RunEvent, encode, read_batch
from trigger_service.domain.failpoints import VARIABLE
from trigger_service.store import executions, journal, runs
from trigger_service.store.ingest import ingest, read_offsets
from trigger_service.store.schema import open_database

TASKS = [f"Work_{number}" for number in range(3)]


def report(task: str, at: float = 1.0) -> list[RunEvent]:
    found = {"family": "Work", "parameters": {"n": "1"}, "dependencies": [], "outputs": [], "status": "pending"}
    return [
        RunEvent("discovered", at, task, found),
        RunEvent("began", at + 1, task, {"pid": 7}),
        RunEvent("progress", at + 2, task, {"percent": 50}),
        RunEvent("ended", at + 3, task, {"pid": 7, "ok": True}),
        RunEvent("status", at + 4, task, {"status": "done"}),
    ]


def batch(events: list[RunEvent], start: int = 0, writer: int = 0) -> EventBatch:
    return read_batch(b"".join(map(encode, events)), start, 1, writer)


def kinds(database, run) -> list[str]:
    with database.read() as connection:
        return [row.kind for row in journal.after(connection, run.id, 0, 1000)][1:]


def test_events_become_tasks_journal_rows_and_counters(database, stored):
    run = stored(state="running")
    with database.write() as connection:
        assert ingest(connection, run.id, [batch(report("Work_1"))]) == 5
        [task] = executions.of(connection, run.id, 1)
        assert (task.task_id, task.status, task.progress, task.parameters) == ("Work_1", "done", 50, {"n": "1"})
        assert runs.get(connection, run.id).progress.to_json() == {"total": 1, "done": 1, "failed": 0, "running": 0}
    # progress stands in the task's row, not in the journal
    assert kinds(database, run) == ["discovered", "began", "ended", "status"]


def test_ingested_twice_is_ingested_once(database, stored):
    run = stored(state="running")
    for new in (5, 0):
        with database.write() as connection:
            assert ingest(connection, run.id, [batch(report("Work_1"))]) == new
    assert len(kinds(database, run)) == 4


def test_what_overlaps_is_stored_once(database, stored):
    run = stored(state="running")
    events = report("Work_1")
    with database.write() as connection:
        ingest(connection, run.id, [batch(events[:3])])
        assert ingest(connection, run.id, [batch(events)]) == 2
        assert [task.status for task in executions.of(connection, run.id, 1)] == ["done"]


def test_events_of_several_writers_are_applied_in_the_order_of_their_times(database, stored):
    run = stored(state="running")
    discovered, began, _, ended, done = report("Work_1")
    with database.write() as connection:
        ingest(connection, run.id, [batch([discovered, done]), batch([began, ended], writer=3)])
        assert [task.status for task in executions.of(connection, run.id, 1)] == ["done"]
        assert set(read_offsets(connection, run.id, 1)) == {0, 3}
    assert kinds(database, run) == ["discovered", "began", "ended", "status"]


def test_an_event_without_sense_is_kept_and_holds_up_nothing(database, stored):
    run = stored(state="running")
    senseless = [RunEvent("discovered", 0.5, "Work_1", {}), RunEvent("began", 0.6, "Work_2", {"x": 1})]
    with database.write() as connection:
        ingest(connection, run.id, [batch([*senseless, *report("Work_1")])])
        assert {task.task_id: task.status for task in executions.of(connection, run.id, 1)} == {
            "Work_1": "done",
            "Work_2": "unknown",
        }
    assert kinds(database, run)[:2] == ["discovered", "began"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 2000), max_size=6))
def test_however_a_file_is_cut_its_events_are_stored_once_each(database, stored, cuts):
    # Given a file of events, seen at several lengths, some of them twice
    run = stored(state="running", id=os.urandom(8).hex())
    content = b"".join(encode(event) for task in TASKS for event in report(task))
    for seen in [*sorted(cuts), len(content), len(content)]:
        with database.write() as connection:
            start = read_offsets(connection, run.id, 1).get(0, 0)
            ingest(connection, run.id, [read_batch(content[start:seen], start, 1, 0)])
    # Then each has been stored once, in order
    assert kinds(database, run) == ["discovered", "began", "ended", "status"] * len(TASKS)
    with database.read() as connection:
        assert runs.get(connection, run.id).progress.done == len(TASKS)
        assert read_offsets(connection, run.id, 1) == {0: len(content)}


def test_a_kill_in_the_middle_leaves_all_to_the_next_ingest(tmp_path, database, stored):
    # Given a file of events and a process that dies while it ingests them
    run = stored(state="running")
    content = b"".join(map(encode, report("Work_1")))
    (tmp_path / "events").write_bytes(content)
    (tmp_path / "in the middle of an ingest").touch()
    program = [sys.executable, __file__, str(tmp_path), run.id]
    environment = {**os.environ, VARIABLE: str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])}
    died = subprocess.run(program, env=environment, check=False)
    assert died.returncode == -signal.SIGKILL
    assert kinds(database, run) == []
    # When the next one does the same, and another after it
    for _ in range(2):
        assert subprocess.run(program, env=environment, check=False).returncode == 0
    # Then everything is there once
    assert kinds(database, run) == ["discovered", "began", "ended", "status"]


def ingest_file(home: Path, run_id: str) -> None:
    """The program of the process that is killed."""
    database = open_database(home / "database.sqlite3")
    with database.write() as connection:
        ingest(connection, run_id, [read_batch((home / "events").read_bytes(), 0, 1, 0)])
    database.close()


if __name__ == "__main__":
    ingest_file(Path(sys.argv[1]), sys.argv[2])
