"""Lists as files over HTTP: whole, however long they are, and where they are not, they say so."""

import csv
import io
import json
import time
import tracemalloc

import pytest
from served import service
from sqlalchemy import insert

from trigger_service.domain.run import Run, Trigger
from trigger_service.service import logsearch
from trigger_service.store import runs
from trigger_service.store.tables import audit
from trigger_service.store.tables import runs as run_table

MANY = 10_777


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service with more changes on record than any page reads at a time."""
    with service(tmp_path_factory.mktemp("exports") / "home") as served:
        change = {"actor": "form ada", "action": "pool resized", "subject": "pool wide", "before": None}
        with served.database.write() as connection:
            rows = [{**change, "time": float(number), "after": {"slots": number}} for number in range(MANY)]
            connection.execute(insert(audit), rows)
        yield served


@pytest.fixture
def http(running):
    return running.app.test_client()


def test_a_file_has_all_rows_of_its_list_each_once(http):
    # When
    as_csv = http.get("/settings/audit?as=csv&subject=pool wide", buffered=True)
    as_json = http.get("/settings/audit?as=json&subject=pool wide", buffered=True)
    # Then
    rows = list(csv.DictReader(io.StringIO(as_csv.text)))
    assert [json.loads(row["after"])["slots"] for row in rows] == list(reversed(range(MANY)))
    assert [row["after"]["slots"] for row in as_json.json["items"]] == list(reversed(range(MANY)))
    assert set(as_json.json) == {"items"}


def test_a_file_is_sent_while_it_is_read(http):
    with http.get("/settings/audit?as=csv") as answer:
        assert answer.content_length is None
        assert next(iter(answer.response)).count(b"\n") < MANY


def test_hits_in_logs_that_nobody_had_time_to_look_for_are_told_at_the_end_of_their_file(running, http, monkeypatch):
    # Given a run with output, and no time
    with running.database.write() as connection:
        runs.insert(connection, a_run(0).evolve(created_at=1e9), identity="0")
    monkeypatch.setattr(logsearch.LogSearch.whole, "__defaults__", (None, -1.0))
    # When
    as_json = http.get("/logs?q=needle&as=json").json
    as_csv = http.get("/logs?q=needle&as=csv").text
    # Then
    assert as_json["items"] == []
    assert f"there may be more in run {a_run(0).id}" in as_json["left_off"]
    assert as_csv.splitlines()[-1].startswith('"# Looked for 30 s, back to ')


@pytest.mark.long
def test_fifty_thousand_runs_are_sent_whole_in_little_memory(running, http):
    # Given
    with running.database.write() as connection:
        runs.insert(connection, a_run(1), identity="1")
        (row,) = connection.execute(run_table.select().where(run_table.c.id == a_run(1).id)).mappings()
        more = range(2, 50_001)
        connection.execute(
            insert(run_table),
            [{**row, "id": a_run(number).id, "created_at": float(number), "identity": str(number)} for number in more],
        )
    # When
    tracemalloc.start()
    began, lines = time.monotonic(), 0
    with http.get("/runs?pipeline=Hello&as=csv") as answer:
        for part in answer.response:
            lines += part.count(b"\n")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Then
    print(f"{time.monotonic() - began:.1f} s, {peak / 1e6:.1f} MB")
    assert lines >= 50_001
    assert peak < 20e6


def a_run(number):
    return Run(
        id=f"01890a5d-ac96-774b-bcce-{number:012d}",
        state="succeeded",
        pipeline="Hello",
        module="tasks.hello",
        parameters={"who": str(number)},
        texts={"who": str(number)},
        task_id=f"Hello_{number}",
        trigger=Trigger("schedule", "nightly"),
        created_at=float(number),
        attempt=1,
    )
