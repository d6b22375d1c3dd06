"""What plans ask of the store: what live runs build, and how long tasks and runs took."""

from __future__ import annotations

from sqlalchemy import text

from trigger_service.domain.run import TaskExecution
from trigger_service.store import executions, runs


def execution(run, task_id, status, **about):
    return TaskExecution(run.id, max(run.attempt, 1), task_id, task_id.split("_", 1)[0], status, **about)


def test_what_live_runs_build_is_of_their_newest_attempt_and_of_the_place(database, stored):
    live = stored(state="running", attempt=2)
    ended = stored(state="failed", attempt=1)
    elsewhere = stored(state="running", environment="staging")
    with database.write() as connection:
        statuses = {"A_1": "running", "B_1": "pending", "C_1": "done", "D_1": "failed"}
        executions.upsert(connection, [execution(live, task, status) for task, status in statuses.items()])
        executions.upsert(connection, [TaskExecution(live.id, 1, "Old_1", "Old", "running")])
        executions.upsert(connection, [execution(run, "E_1", "running") for run in (ended, elsewhere)])

    with database.read() as connection:
        found = executions.under_way(connection, "default", "default")

    assert sorted(found) == [("A_1", live.id, True), ("B_1", live.id, False)]


def test_the_newest_durations_of_a_family_are_those_of_its_done_tasks(database, stored):
    run = stored(state="succeeded", attempt=1)
    times = {"T_1": (0.0, 1.0), "T_2": (10.0, 12.0), "T_3": (20.0, 23.0)}
    with database.write() as connection:
        rows = [execution(run, task, "done", started_at=a, finished_at=b) for task, (a, b) in times.items()]
        rows += [execution(run, "T_4", "failed", started_at=30.0, finished_at=39.0), execution(run, "T_5", "complete")]
        executions.upsert(connection, [*rows, execution(run, "Other_1", "done", started_at=1.0, finished_at=9.0)])

    with database.read() as connection:
        assert executions.durations(connection, "T", 10) == [3.0, 2.0, 1.0]
        assert executions.durations(connection, "T", 2) == [3.0, 2.0]
        assert executions.durations(connection, "None", 2) == []


def test_durations_of_a_family_are_read_from_their_index(database):
    statement = "EXPLAIN QUERY PLAN SELECT finished_at - started_at FROM tasks WHERE family = 'T' AND status = 'done'"
    statement += " AND started_at IS NOT NULL ORDER BY finished_at DESC LIMIT 50"
    with database.read() as connection:
        plan = [row.detail for row in connection.execute(text(statement))]

    assert plan == ["SEARCH tasks USING INDEX ix_tasks_took (family=?)"]


def test_durations_of_runs_are_those_of_runs_that_succeeded(database, stored):
    stored(state="succeeded", started_at=1.0, finished_at=4.0)
    stored(state="succeeded", started_at=1.0, finished_at=3.0)
    stored(state="failed", started_at=1.0, finished_at=90.0)
    stored(state="succeeded", pipeline="Other", started_at=1.0, finished_at=50.0)

    with database.read() as connection:
        assert runs.durations(connection, "Work", 10) == [2.0, 3.0]
        assert runs.durations(connection, "Work", 1) == [2.0]
