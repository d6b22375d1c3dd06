"""Who wrote which target: recorded once, the newest of each URL known as such, kept beyond the run that wrote it."""

from __future__ import annotations

from sqlalchemy import select, text

from trigger_service.domain.events import EventBatch, RunEvent, encode, read_batch
from trigger_service.store import retention, target_writes
from trigger_service.store.ingest import ingest
from trigger_service.store.target_tables import target_inputs
from trigger_service.store.target_tables import target_writes as rows

LONG_AGO_S = 1e9


def written(url: str, at: float = 1.0, **data) -> RunEvent:
    return RunEvent("written", at, "Work_1", {"url": url, "version": f"v{at:g}", "size": 3, "sha256": "ab", **data})


def batch(*events: RunEvent) -> EventBatch:
    found = {"family": "Work", "parameters": {"n": "1"}, "dependencies": [], "outputs": [], "status": "pending"}
    all_events = [RunEvent("discovered", 0.5, "Work_1", found), *events]
    return read_batch(b"".join(map(encode, all_events)), 0, 1, 0)


def take(database, run, *events: RunEvent) -> None:
    with database.write() as connection:
        ingest(connection, run.id, [batch(*events)])


def known(database, *columns):
    with database.read() as connection:
        shown = [rows.c[name] for name in columns]
        return [tuple(row) for row in connection.execute(select(*shown).order_by(rows.c.id))]


def inputs(database):
    with database.read() as connection:
        columns = (target_inputs.c.write_id, target_inputs.c.url, target_inputs.c.version)
        return [tuple(row) for row in connection.execute(select(*columns))]


def test_a_write_is_recorded_with_the_task_and_the_run_that_made_it(database, stored):
    # Given a run that tells of its code in the same batch as of the write
    run = stored(state="running", environment="staging")
    started = RunEvent("started", 0.4, None, {"code": {"fingerprint": "f00", "commit": "c0ffee", "dirty": True}})
    source = {"url": "/data/a", "version": "v9"}
    # When they are taken in
    take(database, run, started, written("/data/b", inputs=[source, {"url": "/data/a", "version": "v10"}], rows=7))
    # Then all that is known of them stands in the row
    columns = ("url", "version", "run_id", "task_id", "family", "parameters", "environment", "code_commit", "rows")
    assert known(database, *columns) == [
        ("/data/b", "v1", run.id, "Work_1", "Work", {"n": "1"}, "staging", "c0ffee", 7)
    ]
    assert inputs(database) == [(1, "/data/a", "v10")]


def test_the_rows_of_a_table_have_no_size(database, stored):
    take(database, stored(state="running"), written("sqlite:///base#t", size=0, sha256="", rows=7))
    take(database, stored(state="running"), written("/data/empty", size=0))
    assert known(database, "url", "size", "rows") == [("sqlite:///base#t", None, 7), ("/data/empty", 0, None)]


def test_taken_in_twice_it_is_recorded_once(database, stored):
    run = stored(state="running")
    for _ in range(2):
        take(database, run, written("/data/b", inputs=[{"url": "/data/a"}]))
    assert known(database, "url") == [("/data/b",)]
    assert len(inputs(database)) == 1


def test_the_newest_by_time_is_the_current_one_in_whatever_order_they_are_told(database, stored):
    one, other = stored(state="running"), stored(state="running")
    take(database, one, written("/data/b", 5.0), written("/data/b", 6.0), written("/data/c", 1.0))
    take(database, other, written("/data/b", 4.0), written("/data/c", 2.0))
    assert known(database, "url", "time", "current") == [
        ("/data/b", 5.0, False),
        ("/data/b", 6.0, True),
        ("/data/c", 1.0, False),
        ("/data/b", 4.0, False),
        ("/data/c", 2.0, True),
    ]


def test_what_makes_no_sense_is_left_out_and_holds_up_nothing(database, stored):
    run = stored(state="running")
    senseless = [
        RunEvent("written", 1.0, "Work_1", {}),
        RunEvent("written", 1.0, "Work_1", []),
        RunEvent("written", 1.0, None, {"url": "/data/a"}),
        written("/data/" + "long" * 2000),
        written("/data/b", version=7),
    ]
    odd = written("/data/\ud800", size=-1, rows=True, sha256=None, inputs=[3, {"url": ""}, {"url": "/x", "version": 4}])
    take(database, run, *senseless, odd)
    assert known(database, "url", "size", "rows", "sha256") == [("/data/\\ud800", None, None, "")]
    assert inputs(database) == [(1, "/x", "")]


def test_the_newest_of_a_url_outlives_its_run_and_goes_when_it_is_superseded(database, stored):
    # Given a run that wrote one target twice and another once
    run, later = stored(state="succeeded"), stored(state="running")
    source = {"inputs": [{"url": "/data/a"}]}
    take(database, run, written("/data/b", 1.0, **source), written("/data/b", 2.0, **source), written("/data/c", 3.0))
    # When it is deleted
    with database.write() as connection:
        connection.execute(text("UPDATE attempts SET buried = 1"))
        retention.remove(connection, [run.id], LONG_AGO_S)
    # Then what is newest stays, and its inputs do
    assert known(database, "url", "time") == [("/data/b", 2.0), ("/data/c", 3.0)]
    assert inputs(database) == [(2, "/data/a", "")]
    # And it goes once there is something newer, since its run is gone
    take(database, later, written("/data/b", 9.0))
    assert known(database, "url", "time") == [("/data/c", 3.0), ("/data/b", 9.0)]
    assert inputs(database) == []


def test_a_large_run_is_thinned_of_what_is_not_newest(database, stored):
    run = stored(state="succeeded")
    take(database, run, *[written("/data/b", float(at)) for at in range(250)])
    with database.write() as connection:
        assert [target_writes.thin(connection, run.id) for _ in range(4)] == [100, 100, 49, 0]
    assert known(database, "time") == [(249.0,)]


def test_of_targets_whose_runs_are_gone_no_more_than_a_number_are_known_the_oldest_go(database, stored):
    run = stored(state="running")
    take(database, run, *[written(f"/data/{n}") for n in range(5)])
    with database.write() as connection:
        connection.execute(text("UPDATE target_writes SET run_id = 'gone' WHERE url < '/data/3'"))
        assert not target_writes.forget(connection, most=5)
        assert not target_writes.forget(connection, most=3)
    assert known(database, "url") == [("/data/2",), ("/data/3",), ("/data/4",)]
    # runs that are there keep theirs, however many
    with database.write() as connection:
        assert not target_writes.forget(connection, most=0)
    assert known(database, "url") == [("/data/3",), ("/data/4",)]
