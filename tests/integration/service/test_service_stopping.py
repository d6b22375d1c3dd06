"""Cancelled runs, and runs that take too long."""

from __future__ import annotations

import threading

from polling import until

from trigger_service.domain.spec import ExitReport

NEVER = threading.Event()


def obedient(child):
    child.wait(NEVER)


def deaf(child):
    child.wait(NEVER, heed=False)


def states(service, run):
    return [row.data["to"] for row in service.insights.events(run.id) if row.kind == "state"]


def test_a_cancelled_run_is_interrupted_and_says_who_wanted_it(house):
    service = house(obedient)
    run = service.submit()
    service.until(run, "running")
    # When it is cancelled, twice
    asked = service.triggers.cancel(run.id, "someone")
    assert asked.state == "cancelling"
    assert asked.cancel_requested_at is not None
    # Then it is cancelled, after an interrupt
    done = service.until(run, "cancelled")
    assert done.reason == "cancelled on request"
    assert states(service, run) == ["queued", "starting", "running", "cancelling", "cancelled"]
    [asking] = [row for row in service.insights.events(run.id) if row.data.get("to") == "cancelling"]
    assert asking.data["actor"] == "someone"


def test_a_second_cancel_changes_nothing(house):
    service = house(deaf)
    run = service.submit()
    service.until(run, "running")
    first = service.triggers.cancel(run.id, "someone")
    assert service.triggers.cancel(run.id, "other") == first


def test_a_child_that_does_not_listen_is_killed_and_its_tasks_are_freed(house):
    service = house(deaf)
    run = service.submit()
    service.until(run, "running")
    service.triggers.cancel(run.id, "someone")
    service.until(run, "cancelled")
    until(lambda: service.central.attempts[run.id, 1], "the tasks are freed")
    [attempt] = service.insights.attempts(run.id)
    assert attempt.state == "lost"


def test_a_run_that_finishes_while_it_is_being_cancelled_has_succeeded(house):
    interrupted = threading.Event()

    def script(child):
        child.wait(interrupted, heed=False)
        return ExitReport("succeeded", root_complete=True, verified=True)

    service = house(script)
    run = service.submit()
    service.until(run, "running")
    service.triggers.cancel(run.id, "someone")
    interrupted.set()
    assert service.until(run, "succeeded").verified


def test_a_run_that_takes_too_long_is_stopped_and_fails_for_that_reason(house):
    service = house(obedient)
    run = service.submit(timeout_s=0.3)
    failed = service.until(run, "failed")
    assert failed.reason == "timed out after 0.3 s"
    assert failed.error.type == "Timeout"
    assert failed.cancel_requested_at is None
    assert failed.finished_at - service.insights.attempts(run.id)[0].started_at >= 0.3


def test_a_deaf_run_that_takes_too_long_is_killed_and_not_tried_again(house):
    service = house(deaf)
    run = service.submit(timeout_s=0.2, max_attempts=3)
    failed = service.until(run, "failed")
    assert (failed.reason, failed.attempt) == ("timed out after 0.2 s", 1)


def test_a_run_in_time_is_not_stopped(house):
    service = house()
    assert service.until(service.submit(timeout_s=30.0), "succeeded").reason == ""


def test_a_cancellation_is_carried_on_by_the_next_service(house):
    # Given a run that is being cancelled, and a service that ends meanwhile
    service = house(deaf)
    service.grace_s = 60
    service.stop()
    service.start()
    run = service.submit()
    service.until(run, "running")
    service.triggers.cancel(run.id, "someone")
    service.stop()
    # When another takes over, with less patience
    service.grace_s = 0.05
    service.start()
    # Then the run is cancelled
    service.until(run, "cancelled")
