"""Every kind of process is killed in the middle of a running load: nothing is lost, doubled or untrue."""

import pytest
from evidence import judge, whole_log
from polling import until
from process_roles import kill

pytestmark = pytest.mark.timeout(240)


def start_load(stage, workers=(2, 1)):
    """Two runs that share a piece which waits at the gate; gives their ids once both and some executions are under way.

    A run whose child is not there yet would have its launch killed, and not itself.
    """
    accepted = [
        stage.post("Join", f"join{number}", shared="shared", gate="go", pieces=6, workers=count, max_attempts=5)
        for number, count in enumerate(workers)
    ]
    stage.wait_for_starts(3)
    until(lambda: all(stage.run(run_id)["state"] == "running" for run_id in accepted), "both runs are running")
    return accepted


def printed_lines(stage):
    """How many lines tasks have printed."""
    file = stage.root / "printed"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def ends(stage, accepted):
    """State, reason and number of attempts of each run when it is final."""
    return [(run["state"], run["reason"], run["attempts"]) for run in map(stage.wait, accepted)]


@pytest.mark.parametrize("role", ["service", "master", "base zygote", "nursery", "spare", "luigid", "supervisor"])
def test_the_death_of_what_only_serves_costs_no_run_its_child(busy, role):
    # Given a running load
    accepted = start_load(busy)
    # When a process that is none of the runs' own is killed
    assert kill(busy.one(role))
    busy.open_gate("go")
    # Then every run succeeds, in its first attempt, and all is true
    busy.up()
    assert ends(busy, accepted) == [("succeeded", "", 1)] * 2
    judge(busy, accepted)


@pytest.mark.parametrize("role", ["child", "task process", "pump"])
def test_the_death_of_a_process_of_a_run_does_not_keep_it_from_success(busy, role):
    # Given a running load that may lose attempts, and whose tasks may fail now and then; whichever run has the piece
    # that waits, it has it in a process of its own
    accepted = start_load(busy, (2, 2) if role == "task process" else (2, 1))
    # When a process of a run is killed
    assert kill(busy.one(role))
    busy.open_gate("go")
    # Then every run succeeds, and all is true
    assert [end[:2] for end in ends(busy, accepted)] == [("succeeded", "")] * 2
    judge(busy, accepted)


def test_when_everything_is_killed_at_once_the_next_start_brings_every_run_to_its_end(busy):
    # Given a running load
    accepted = start_load(busy)
    # When all processes are killed, those that start others first
    busy.clear()
    busy.open_gate("go")
    busy.up()
    # Then every run succeeds, and all is true
    assert [end[:2] for end in ends(busy, accepted)] == [("succeeded", "")] * 2
    judge(busy, accepted)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_with_one_attempt_whose_child_is_killed_fails_and_names_the_kill(busy, workers):
    # Given a run in the middle of a task
    run_id = busy.post("Piece", "one", gate="never", workers=workers)
    busy.wait_for_starts(1)
    # When its child is killed
    assert kill(busy.one("child"))
    # Then it fails for that reason
    run = busy.wait(run_id)
    assert (run["state"], run["attempts"]) == ("failed", 1)
    assert "killed by signal 9" in run["reason"]
    judge(busy, [run_id])


def test_a_run_whose_child_is_killed_after_the_root_is_complete_succeeds(busy):
    # Given a run whose root's target comes into being while its task still runs
    run_id = busy.post("Piece", "one", gate="never")
    busy.wait_for_starts(1)
    (busy.root / "targets" / "one").write_text("the first half of one\nthe second half of one\n")
    # When its child is killed
    assert kill(busy.one("child"))
    # Then the target is the truth
    assert busy.wait(run_id)["state"] == "succeeded"
    judge(busy, [run_id])


def test_a_killed_task_process_that_may_not_be_retried_fails_its_run_and_is_named(busy):
    # Given a run with a process for each task
    run_id = busy.post("Fragile", "one", gate="never", workers=2, max_attempts=5)
    busy.wait_for_starts(1)
    # When the task's process is killed
    assert kill(busy.one("task process"))
    # Then the run fails, which is no lost attempt
    run = busy.wait(run_id)
    assert (run["state"], run["attempts"]) == ("failed", 1)
    assert "exit code -9" in run["reason"]
    assert run["error"]["task_id"].startswith("Fragile_")
    judge(busy, [run_id])


def test_a_pump_that_is_killed_again_and_again_loses_and_doubles_no_line(busy):
    # Given a task that goes on printing
    run_id = busy.post("Endless", "talker", gate="enough", pause_s=0.001)
    # When its pump is killed five times while it does
    for _ in range(5):
        wanted = printed_lines(busy) + 100
        until(lambda wanted=wanted: printed_lines(busy) > wanted, f"{wanted} lines")
        assert kill(busy.one("pump"))
    busy.open_gate("enough")
    # Then every line is in the log once
    assert busy.wait(run_id)["state"] == "succeeded"
    assert len(whole_log(busy, run_id)) >= 500
    judge(busy, [run_id])


def test_an_uncaring_endless_run_is_cancelled_although_the_service_dies_meanwhile(busy):
    # Given an endless run
    run_id = busy.post("Endless", "endless", workers=2)
    busy.wait_for_starts(1)
    # When it is cancelled and the service is killed right then
    assert busy.request("POST", f"/api/v1/runs/{run_id}/cancel").status_code == 202
    kill(busy.one("service"))
    # Then it is cancelled all the same, and nothing of it is left
    assert busy.wait(run_id)["state"] == "cancelled"
    until(lambda: not busy.roles()["child"] and not busy.roles()["task process"], "the end of its processes")
    judge(busy, [run_id])
