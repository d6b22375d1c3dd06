"""What the end of an attempt means for its run."""

from __future__ import annotations

import pytest

from trigger_service.domain.ending import ending, launch_failed, never_started
from trigger_service.domain.run import Attempt, Run, RunError, Trigger
from trigger_service.domain.spec import ExitReport

RUN = Run(
    id="r",
    state="running",
    pipeline="Work",
    module="tasks.work",
    parameters={},
    texts={},
    task_id="Work",
    trigger=Trigger("api"),
    created_at=0.0,
    attempt=1,
)
ATTEMPT = Attempt("r", 1, "running", 10.0)
CANCELLED = RUN.evolve(state="cancelling", cancel_requested_at=20.0, reason="cancelled on request")
OVERDUE = RUN.evolve(state="cancelling", timeout_s=5.0, reason="timed out after 5 s")
BROKEN = RunError("ValueError", "first line\nsecond line", "Work_1")


@pytest.mark.parametrize("run", [RUN, CANCELLED, OVERDUE])
def test_what_is_complete_has_succeeded_even_if_somebody_wanted_it_stopped(run):
    result = ending(run, ATTEMPT, ExitReport("succeeded", verified=False), 0)
    assert (result.state, result.attempt_state, result.verified) == ("succeeded", "ended", False)


def test_a_failure_is_told_in_one_line_and_kept_whole():
    result = ending(RUN, ATTEMPT, ExitReport("failed", error=BROKEN), 0)
    assert (result.state, result.reason, result.error) == ("failed", "first line", BROKEN)


@pytest.mark.parametrize("outcome", ["failed", "cancelled", "lost"])
def test_a_run_that_was_cancelled_is_cancelled_however_its_child_went(outcome):
    assert ending(CANCELLED, ATTEMPT, ExitReport(outcome), 0).state == "cancelled"


@pytest.mark.parametrize("outcome", ["failed", "cancelled", "lost"])
def test_a_run_that_ran_out_of_time_has_failed_for_that_reason_and_is_not_tried_again(outcome):
    result = ending(OVERDUE.evolve(max_attempts=3), ATTEMPT, ExitReport(outcome), 0)
    assert (result.state, result.reason) == ("failed", "timed out after 5 s")
    assert result.error.type == "Timeout"


@pytest.mark.parametrize(("lost_before", "state"), [(0, "queued"), (1, "queued"), (2, "failed")])
def test_a_lost_attempt_is_followed_by_another_while_there_are_any_left(lost_before, state):
    report = ExitReport("lost", error=RunError("AttemptLost", "killed by signal 9"))
    result = ending(RUN.evolve(max_attempts=3), ATTEMPT, report, lost_before)
    assert (result.state, result.attempt_state) == (state, "lost")
    assert "killed by signal 9" in result.reason


def test_an_interrupt_from_elsewhere_is_no_cancellation():
    result = ending(RUN, ATTEMPT, ExitReport("cancelled"), 0)
    assert (result.state, result.reason) == ("failed", "interrupted, and not by this service")


def test_a_child_that_never_started_counts_as_no_loss():
    result = never_started(RUN.evolve(state="starting"), "no zygote")
    assert (result.state, result.attempt_state, result.reason) == ("queued", "ended", "no zygote")
    assert never_started(CANCELLED, "no zygote").state == "cancelled"


def test_a_launch_that_failed_fails_the_run_unless_it_was_cancelled_meanwhile():
    assert launch_failed(RUN.evolve(state="starting"), "No space left on device").error == RunError(
        "LaunchFailed", "No space left on device"
    )
    assert launch_failed(CANCELLED, "x").state == "cancelled"
    assert launch_failed(OVERDUE, "x").reason == "timed out after 5 s"
