"""What needs a person, and what is counted for the first page; with the indexes that keep it cheap."""

import os

import pytest
from sqlalchemy import text

from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.domain.scheduled import Fire, Schedule
from trigger_service.domain.spec import attempt_folder
from trigger_service.service.overview import Overview
from trigger_service.service.troubles import Attention
from trigger_service.store import overview, schedules

NOW = 1_700_000_000.0
HOUR = 3600.0


@pytest.fixture
def troubles(database, tmp_path):
    def find(most=5):
        return Attention(tmp_path, database).troubles(NOW, most)

    return find


@pytest.fixture
def ended(stored):
    """Stores a run of some work that ended so many hours ago."""

    def store(hours, state="failed", identity="work", pipeline="Report", **more):
        at = NOW - hours * HOUR
        given = {"created_at": at, "started_at": at + 0.5, "finished_at": at + 60, **more}
        return stored(identity, state=state, pipeline=pipeline, attempt=1, **given)

    return store


@pytest.fixture
def fired(database):
    """Records that the schedule `nightly` of `Report` fired so many hours ago."""

    def record(hours, state="started", run_id=None):
        at = int(NOW - hours * HOUR)
        with database.write() as connection:
            schedules.save(connection, Schedule("nightly", Timing("cron", "0 2 * * *"), RunRequest("Report")))
            schedules.record(connection, [Fire("nightly", at, state, run_id=run_id)])

    return record


def test_work_that_failed_is_told_once_with_how_often_since_its_last_success(ended, troubles):
    ended(9, "failed")
    success = ended(8, "succeeded")
    ended(7)
    newest = ended(6)
    found = troubles()
    assert [(each.run.id, each.times, each.success) for each in found.failing] == [(newest.id, 2, success.created_at)]


def test_work_that_was_tried_again_is_not_told(ended, stored, troubles):
    ended(3)
    stored("work", state="running", pipeline="Report", created_at=NOW - HOUR, started_at=NOW - 60)
    assert troubles().failing == []


def test_a_cancelled_run_makes_nothing_good(ended, troubles):
    failed = ended(3)
    ended(2, "cancelled")
    assert [each.run.id for each in troubles().failing] == [failed.id]


def test_other_work_of_a_pipeline_is_counted_with_its_newest_failure(ended, troubles):
    ended(3, identity="january")
    newest = ended(2, identity="february")
    ended(4, identity="other", pipeline="Mail")
    found = troubles(most=1)
    assert [(each.run.id, each.others) for each in found.failing] == [(newest.id, 1)]
    assert found.failed_pipelines == 2


def test_what_failed_long_ago_is_past(ended, troubles):
    ended(8 * 24)
    assert troubles().failing == []


def test_a_run_that_takes_much_longer_than_usual_and_says_nothing_is_stuck(ended, stored, troubles, tmp_path):
    for hours in range(5, 11):
        ended(hours, "succeeded")
    run = stored("w", state="running", pipeline="Report", created_at=NOW - HOUR, started_at=NOW - HOUR)
    (found,) = troubles().stuck
    assert (found.run.id, found.took, found.usual) == (run.id, HOUR, 59.5)
    # but not while it prints
    log = attempt_folder(tmp_path, run.id, 1).log_file
    log.parent.mkdir(parents=True)
    log.touch()
    os.utime(log, (NOW - 10, NOW - 10))
    assert troubles().stuck == []


def test_a_run_that_takes_as_long_as_usual_is_not_stuck(ended, stored, troubles):
    for hours in range(5, 11):
        ended(hours, "succeeded", finished_at=NOW - hours * HOUR + 0.9 * HOUR)
    stored("w", state="running", pipeline="Report", created_at=NOW - HOUR, started_at=NOW - HOUR)
    assert troubles().stuck == []


@pytest.mark.parametrize(("state", "attempt"), [("queued", 1), ("running", 2)])
def test_a_run_that_goes_on_after_a_lost_attempt_is_told(stored, troubles, state, attempt):
    run = stored(state=state, attempt=attempt, created_at=NOW - 60, started_at=NOW - 60)
    stored(state="queued", created_at=NOW - 50)
    stored(state="running", created_at=NOW - 50, started_at=NOW - 50)
    assert [each.id for each in troubles().lost] == [run.id]


def test_a_schedule_is_late_an_hour_after_its_fire(stored, fired, troubles):
    run = stored("w", state="queued", pipeline="Report", created_at=NOW - 2 * HOUR)
    fired(0.5, run_id=run.id)
    assert troubles().late == []
    fired(2, run_id=run.id)
    (late,) = troubles().late
    assert (late.schedule, late.time, late.run_id) == ("nightly", int(NOW - 2 * HOUR) + HOUR, run.id)


def test_a_schedule_whose_run_failed_is_told_as_failed_alone(ended, fired, troubles):
    fired(2, run_id=ended(2).id)
    found = troubles()
    assert (len(found.failing), found.late) == (1, [])


def test_runs_are_counted_by_the_day_in_which_they_were_asked_for(ended, stored, database):
    ended(1.5)
    ended(30)
    ended(0.5, "succeeded")
    waiting = stored(state="queued", created_at=NOW - 300)
    figures = Overview(database).figures(NOW)
    assert (figures.failed, figures.failed_before, figures.succeeded, figures.share) == (1, 1, 1, "50 %")
    assert (figures.queued, figures.oldest, figures.running) == (1, waiting.created_at, 0)
    assert (figures.asked_for, figures.asked_for_before) == (2, 1)


def test_start_latency_is_told_by_hour(ended, stored, database):
    assert Overview(database).latency(NOW) is None
    ended(1, started_at=NOW - HOUR + 2)
    slowest = ended(3, started_at=NOW - 3 * HOUR + 6)
    stored(state="queued", created_at=NOW - 60)
    latency = Overview(database).latency(NOW)
    assert [seconds for seconds in latency.hours if seconds is not None] == [6, 2]
    assert (latency.median, latency.slowest, latency.slowest_run) == (4, 6, slowest.id)


def test_bars_are_those_that_reach_into_the_time_that_is_shown(ended, stored, database):
    ended(5)
    reaching = ended(3, finished_at=NOW - HOUR)
    newest = ended(1)
    live = stored(pipeline="Report", state="running", created_at=NOW - 4 * HOUR, started_at=NOW - 4 * HOUR)
    found = Overview(database).bars(["Report", "Never"], NOW - 2 * HOUR)
    assert [bar.id for bar in found["Report"]] == [live.id, reaching.id, newest.id]
    assert found["Never"] == []


@pytest.mark.parametrize(
    ("statement", "asked"),
    [
        (overview._BARS, {"names": "[]", "since": 0, "each": 5}),
        (overview._LATENCIES, {"hours": "[]", "each": 5}),
        (overview._OUTSTANDING, {"since": 0, "most": 5}),
        (overview._NAMES, {}),
        (overview._LAST_SUCCESS, {"identity": "work"}),
        (overview._FAILURES, {"identity": "work", "since": 0}),
    ],
    ids=["bars", "latencies", "outstanding", "names", "last success", "failures"],
)
def test_no_read_goes_through_all_runs(database, statement, asked):
    with database.read() as connection:
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {statement.text}"), asked)]
    assert any("USING" in step for step in plan)
    assert not any(step.startswith(("SCAN runs", "SCAN own", "SCAN other")) for step in plan), plan
