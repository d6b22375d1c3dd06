"""How a child is stopped: ever harder."""

from __future__ import annotations

import pytest

from trigger_service.domain import stopping
from trigger_service.domain.run import Attempt, Run, Trigger

ATTEMPT = Attempt("r", 1, "running", 100.0)


def run(state: str, **changes: object) -> Run:
    values = {"parameters": {}, "texts": {}, "task_id": "Work", "trigger": Trigger("api"), "created_at": 0.0}
    return Run(id="r", state=state, pipeline="Work", module="tasks.work", **{**values, **changes})


@pytest.mark.parametrize(
    ("elapsed_s", "force"),
    [(0, "interrupt"), (4.9, "interrupt"), (5, "terminate"), (9.9, "terminate"), (10, "kill"), (1e6, "kill")],
)
def test_force_grows_with_the_time_a_child_takes(elapsed_s, force):
    assert stopping.force(elapsed_s, grace_s=5) == force


def test_a_run_without_a_timeout_is_never_overdue():
    assert not stopping.is_overdue(run("running"), ATTEMPT, 1e12)


@pytest.mark.parametrize(("now", "overdue"), [(109.9, False), (110.0, True)])
def test_the_time_counts_from_the_start_of_the_attempt(now, overdue):
    assert stopping.is_overdue(run("running", timeout_s=10.0), ATTEMPT, now) is overdue


def test_a_run_that_is_being_stopped_is_not_overdue_again():
    assert not stopping.is_overdue(run("cancelling", timeout_s=10.0), ATTEMPT, 200.0)


def test_a_cancelled_child_should_have_stopped_when_it_was_asked_for_and_an_overdue_one_at_its_deadline():
    assert stopping.stop_since(run("running"), ATTEMPT) is None
    assert stopping.stop_since(run("cancelling", cancel_requested_at=105.0, timeout_s=1.0), ATTEMPT) == 105.0
    assert stopping.stop_since(run("cancelling", timeout_s=1.0), ATTEMPT) == 101.0


def test_the_next_step_is_the_deadline_then_each_grace_and_then_none():
    going = run("running", timeout_s=10.0)
    stopped = run("cancelling", cancel_requested_at=105.0)
    assert stopping.next_step(run("running"), ATTEMPT, 100.0, 5.0) is None
    assert stopping.next_step(going, ATTEMPT, 100.0, 5.0) == 110.0
    assert [stopping.next_step(stopped, ATTEMPT, now, 5.0) for now in (105.0, 110.0, 115.0)] == [110.0, 115.0, None]
