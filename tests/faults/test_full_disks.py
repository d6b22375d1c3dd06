"""A full disk: that of the home folder, of the run folders, of the targets. Each is a small tmpfs, filled by a file."""

import pytest
from evidence import judge
from polling import until

from trigger_service.client import Client

pytestmark = pytest.mark.timeout(180)
FULL = "No space left on device"


@pytest.fixture(scope="module")
def disk_of_runs(disk, lasting):
    """The disk of the run folders of the lasting stage."""
    return disk(lasting.home / "runs", 4)


@pytest.fixture
def runs(disk_of_runs):
    """The same for one test."""
    yield disk_of_runs
    disk_of_runs.make_room()


def assert_lives(stage, accepted):
    """The service answers what needs no room."""
    assert stage.request("GET", "/healthz").status_code == 200
    assert set(stage.listed()) == set(accepted)
    for run_id in accepted:
        assert stage.get(f"/runs/{run_id}/logs")["items"] is not None


def assert_ended_truly(stage, run):
    """It succeeded, or failed because the disk did not take an event: what is printed needs no disk."""
    assert run["state"] == "succeeded" or (run["state"] == "failed" and FULL in run["reason"]), run
    assert (stage.root / "targets" / "one").exists() == (run["state"] == "succeeded")


def assert_said_all(stage, run_id):
    """The child's last event is there: none was glued to one that the disk did not take."""
    kinds = [event.kind for event in Client(stage.url).events(run_id, 20.0)]
    assert "finished" in kinds, kinds


def assert_goes_on(stage, accepted):
    """A new run succeeds, and all that was told is true."""
    another = stage.post("Piece", "after")
    assert stage.wait(another)["state"] == "succeeded"
    judge(stage, [*accepted, another])


def test_a_home_folder_that_is_full_costs_a_run_no_output_and_the_service_goes_on_when_there_is_room(disk, stage):
    # Given a run in the middle of a task
    full = stage()
    home = disk(full.home, 8)
    full.up()
    run_id = full.post("Piece", "one", gate="go", lines=500, pause_s=0)
    full.wait_for_starts(1)
    until(lambda: full.run(run_id)["state"] == "running", "the run is running")
    # When the disk of the home folder is full
    home.fill()
    full.open_gate("go")
    # Then the service lives and takes nothing that it cannot keep
    body = {"pipeline": "Piece", "parameters": {"root": str(full.root), "name": "two"}}
    refused = full.request("POST", "/api/v1/runs", json=body)
    assert refused.status_code in (503, 507), refused.text
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert_lives(full, [run_id])
    until(lambda: not full.roles()["child"], "the end of the child")
    # And when there is room the run gets its true end, and what it printed meanwhile stands in its log
    home.make_room()
    assert_ended_truly(full, full.wait(run_id))
    assert_said_all(full, run_id)
    assert_goes_on(full, [run_id])


def test_a_run_that_cannot_write_into_its_folder_fails_and_says_that_the_disk_is_full(runs, busy):
    # Given a service whose run folders are on a full disk
    runs.fill()
    # When a run is asked for
    run_id = busy.post("Piece", "one")
    # Then it fails with that reason, and the service lives
    run = busy.wait(run_id)
    assert (run["state"], FULL in run["reason"]) == ("failed", True), run
    assert_lives(busy, [run_id])
    # And it goes on when there is room
    runs.make_room()
    another = busy.post("Piece", "two")
    assert busy.wait(another)["state"] == "succeeded"


def test_a_run_folder_that_becomes_full_costs_a_run_no_output(runs, busy):
    # Given a run in the middle of a task
    run_id = busy.post("Piece", "one", gate="go", lines=500, pause_s=0)
    busy.wait_for_starts(1)
    # When the disk of its folder becomes full
    runs.fill()
    busy.open_gate("go")
    # Then it gets its true end
    run = busy.wait(run_id)
    assert_ended_truly(busy, run)
    assert_lives(busy, [run_id])
    assert_said_all(busy, run_id)
    # And when there is room what it printed meanwhile stands in its log, and the service goes on
    runs.make_room()
    assert_goes_on(busy, [run_id])


def test_a_target_on_a_full_disk_fails_the_run_and_a_retry_succeeds_when_there_is_room(disk, runs, busy):
    # Given targets on a full disk
    targets = disk(busy.root / "targets", 1)
    targets.fill()
    # When a run wants to write one
    run_id = busy.post("Fragile", "one")
    # Then it fails with that reason, with no trace of the target
    run = busy.wait(run_id)
    assert (run["state"], FULL in run["reason"]) == ("failed", True), run
    assert not (busy.root / "targets" / "one").exists()
    assert_lives(busy, [run_id])
    # And its retry succeeds when there is room
    targets.make_room()
    answer = busy.request("POST", f"/api/v1/runs/{run_id}/retry")
    assert answer.status_code == 202, answer.text
    assert busy.wait(answer.json()["id"])["state"] == "succeeded"
