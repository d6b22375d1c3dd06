"""The newest runs of many pipelines at once, and what became of their tasks."""

from __future__ import annotations

import json

from sqlalchemy import text

from trigger_service.domain.queries import FamilyTasks
from trigger_service.domain.run import TaskExecution
from trigger_service.domain.tasks import abandoned
from trigger_service.store import executions, newest


def test_of_each_pipeline_and_place_the_newest_are_given_the_oldest_first(database, stored):
    mine = [stored(pipeline="Orders") for _ in range(4)]
    elsewhere = stored(pipeline="Orders", location="night")
    other = stored(pipeline="Mail")
    stored(pipeline="Unasked")
    with database.read() as connection:
        keys = [("Orders", "default"), ("Orders", "night"), ("Mail", "default"), ("Never", "default")]
        found = newest.glances(connection, keys, 3)

    by_key = {key: [run.id for run in found[key]] for key in keys}
    assert by_key[keys[0]] == sorted(run.id for run in mine)[-3:]
    assert (by_key[keys[1]], by_key[keys[2]], by_key[keys[3]]) == ([elsewhere.id], [other.id], [])


def test_they_are_found_by_the_index_of_their_pipeline(database):
    with database.read() as connection:
        asked = {"wanted": json.dumps([["Orders", "default"]]), "count": 20}
        statement = text(f"EXPLAIN QUERY PLAN {newest._NEWEST.text}")
        plan = [row.detail for row in connection.execute(statement, asked)]

    assert "SEARCH own USING INDEX ix_runs_pipeline (pipeline=?)" in plan
    assert not any("SCAN runs" in step or "TEMP B-TREE" in step for step in plan)


def test_tasks_are_counted_by_family_and_status_of_the_newest_attempt(database, stored):
    run = stored(pipeline="Orders", state="failed", attempt=2)
    with database.write() as connection:
        rows = [("Orders_1", "pending", 2), ("Clean_1", "done", 2), ("Clean_2", "done", 2), ("Clean_3", "failed", 2)]
        rows += [("Old_1", "done", 1)]
        found = [TaskExecution(run.id, number, task, task.split("_", 1)[0], status) for task, status, number in rows]
        ran = TaskExecution(run.id, 2, "Clean_4", "Clean", "running")
        executions.upsert(connection, [*found, abandoned(ran, done=False, reason="cancelled", now=1.0)])
    with database.read() as connection:
        found = newest.families(connection, newest.glances(connection, [("Orders", "default")], 5)["Orders", "default"])

    assert found[run.id] == [
        FamilyTasks("Orders", "pending", 1, "Orders_1"),
        FamilyTasks("Clean", "done", 2, "Clean_1"),
        FamilyTasks("Clean", "failed", 1, "Clean_3"),
        FamilyTasks("Clean", "failed", 1, "Clean_4", abandoned=True),
    ]


def test_of_each_value_the_state_of_its_newest_run_is_told(database, stored):
    stored(pipeline="Orders", texts={"day": "2013-01-01"}, state="failed", created_at=1.0)
    again = stored(pipeline="Orders", texts={"day": "2013-01-01"}, state="succeeded", created_at=2.0)
    stored(pipeline="Orders", texts={"month": "2013-01"}, created_at=3.0)
    with database.read() as connection:
        found = newest.states_by_value(connection, "Orders", "default", "day", 10)

    assert found == {"2013-01-01": (again.id, "succeeded")}
