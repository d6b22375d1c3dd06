"""A luigid that dies under the runs. Judged by the ledger that the tasks keep."""

import signal
import socket
from urllib.parse import urlsplit

import pytest
from luigid_process import LuigidProcess
from polling import until
from test_shared_work import ledger, waiting_for


@pytest.fixture
def luigid(tmp_path):
    """One that a test may kill."""
    own = LuigidProcess(tmp_path)
    try:
        yield own.start()
    finally:
        own.kill()


@pytest.mark.parametrize("workers", [1, 2])
def test_luigid_killed_in_the_middle_of_a_run_costs_nothing(attempt, results, luigid, workers):
    run = attempt("OnGated", workers=workers).start()
    until((results / "gate.running").exists, "running task")

    luigid.kill()
    luigid.start()
    other = attempt("OnGated", name="other").start()

    (reason,) = until(lambda: waiting_for(other), "waiting")
    assert reason == f"run {run.run_id}"
    (results / "gate.go").touch()
    assert run.wait().outcome == "succeeded"
    assert other.wait().outcome == "succeeded"
    assert ledger(results, "start", "Gated") == 1


def test_a_luigid_that_comes_back_late_is_waited_for(attempt, results, luigid):
    run = attempt("OnGated").start()
    until((results / "gate.running").exists, "running task")
    luigid.kill()
    (results / "gate.go").touch()
    until((results / "gate").exists, "gated task")

    luigid.start()

    assert run.wait().outcome == "succeeded"


def test_a_luigid_that_stays_away_fails_the_run_with_that_reason(attempt, results, luigid):
    run = attempt("OnGated", patience_s=1.0).start()
    until((results / "gate.running").exists, "running task")
    luigid.kill()
    (results / "gate.go").touch()

    report = run.wait()

    assert report.outcome == "failed"
    assert "could not be reached for 1 s" in report.error.message


@pytest.mark.parametrize("workers", [1, 2])
def test_luigid_killed_in_the_middle_of_a_batch_costs_nothing(attempt, results, luigid, workers):
    run = attempt("GatedAfterBatch", workers=workers).start()
    until((results / "batch.running").exists, "running batch")

    luigid.kill()
    luigid.start()
    other = attempt("GatedAfterBatch", name="other").start()

    until(lambda: waiting_for(other) == 3 * [f"run {run.run_id}"], "waiting")
    for gate in ("batch.go", "one.go", "other.go"):
        (results / gate).touch()
    assert run.wait().outcome == "succeeded"
    assert other.wait().outcome == "succeeded"
    assert ledger(results, "start", "GatedBatch") == 1


def test_a_batch_that_ended_before_luigid_was_killed_is_not_run_again(attempt, results, luigid):
    (results / "batch.go").touch()
    run = attempt("GatedAfterBatch").start()
    until((results / "one.running").exists, "running task")

    luigid.kill()
    luigid.start()
    (results / "one.go").touch()

    assert run.wait().outcome == "succeeded"
    assert ledger(results, "start", "GatedBatch") == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_can_be_cancelled_while_luigid_is_away(attempt, results, luigid, workers):
    run = attempt("OnGated", workers=workers, patience_s=300.0).start()
    until((results / "gate.running").exists, "running task")
    luigid.kill()
    with socket.create_server(("127.0.0.1", urlsplit(luigid.url).port)) as deaf:
        deaf.accept()[0].close()  # the child asks, and goes on asking

    run.child.send_signal(signal.SIGINT)

    assert run.wait().outcome == "cancelled"
