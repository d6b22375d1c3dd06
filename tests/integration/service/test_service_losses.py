"""Children that die without a word, children that cannot be started, and services that are replaced."""

from __future__ import annotations

import errno
import os
import threading

import pytest
from polling import until
from sqlalchemy import text

from trigger_service.domain.errors import LaunchFailed, SchedulerUnavailable, StoreUnavailable, ZygoteUnavailable
from trigger_service.domain.queries import LogFilter
from trigger_service.domain.run import RunError
from trigger_service.domain.spec import ExitReport, RunSpec, attempt_folder
from trigger_service.launchers.inline import Vanished
from trigger_service.store import attempts, runs


def vanish(child):
    child.log(f"attempt {child.spec.attempt}")
    raise Vanished


def test_a_lost_attempt_fails_the_run_where_there_is_no_other(house):
    service = house(vanish)
    failed = service.until(service.submit(), "failed")
    assert failed.reason == "attempt 1 was lost: the child vanished"
    assert failed.error.type == "AttemptLost"


def test_lost_attempts_are_followed_by_others_while_there_are_any_left(house):
    def script(child):
        if child.spec.attempt < 3:
            vanish(child)

    service = house(script)
    run = service.submit(max_attempts=3)
    assert service.until(run, "succeeded").attempt == 3
    assert [attempt.state for attempt in service.insights.attempts(run.id)] == ["lost", "lost", "ended"]
    # and each attempt's tasks are freed, and its lines can be read
    until(lambda: sum(service.central.attempts.values()) == 3, "three attempts freed")
    lines = until(
        lambda: (page := service.insights.log(run.id, LogFilter())).lines and page.lines, "lines of the first attempt"
    )
    assert lines[0].text == "attempt 1"


def test_a_failure_is_no_loss(house):
    def script(child):
        raise ValueError("bad weather\nand more")

    service = house(script)
    failed = service.until(service.submit(max_attempts=5), "failed")
    assert (failed.attempt, failed.reason) == (1, "bad weather")
    assert failed.error == RunError("ValueError", "bad weather\nand more")


def test_a_child_that_vanished_with_its_work_done_has_succeeded(house):
    service = house(vanish, complete=lambda spec: True)
    assert service.until(service.submit(), "succeeded").verified


def test_a_root_that_nothing_vouches_for_has_succeeded_unverified(house):
    service = house(lambda child: ExitReport("succeeded", root_complete=False, verified=False))
    assert service.until(service.submit(), "succeeded").verified is False


def test_a_launch_that_fails_fails_the_run_with_its_reason(house):
    service = house()
    service.launcher.launch = refuse(LaunchFailed(reason="no such interpreter"), service.launcher.launch)
    failed = service.until(service.submit(), "failed")
    assert (failed.reason, failed.error.type) == ("no such interpreter", "LaunchFailed")
    # and the next one starts
    service.until(service.submit(), "succeeded")


def test_a_run_folder_without_room_fails_the_run_and_the_service_goes_on(house):
    service = house()
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    service.launcher.launch = refuse(full, service.launcher.launch)
    assert service.until(service.submit(), "failed").reason == "No space left on device"
    service.until(service.submit(), "succeeded")


def test_a_run_waits_with_a_reason_while_there_is_no_zygote(house):
    # Given zygotes that are gone
    service = house()
    service.host.ailment = "the zygote cannot be reached: it starts again"
    launch = service.launcher.launch
    service.launcher.launch = refuse(ZygoteUnavailable(reason="it starts again"), launch)
    run = service.submit()
    reason = "nothing can be started now: the zygote cannot be reached: it starts again"
    until(lambda: service.run(run.id).reason == reason, "the reason")
    assert service.run(run.id).state == "queued"
    # When they are back
    service.host.ailment = ""
    # Then it runs, and that was no loss
    assert service.until(run, "succeeded").attempt == 2
    assert [attempt.state for attempt in service.insights.attempts(run.id)] == ["ended", "ended"]


def test_a_reply_that_got_lost_does_not_make_a_run_twice(house):
    # Given a launcher that starts the child, and then cannot say so
    gate, children = threading.Event(), []

    def script(child):
        children.append(child.spec.attempt)
        child.wait(gate)

    service = house(script)
    launch = service.launcher.launch

    def launch_silently(spec: RunSpec, folder):
        launch(spec, folder)
        raise ZygoteUnavailable(reason="broken pipe")

    service.launcher.launch = launch_silently
    run = service.submit()
    # Then the child is adopted by what it says of itself
    service.until(run, "running")
    assert until(lambda: service.insights.attempts(run.id)[0].handle, "a handle")["launcher"] == "inline"
    gate.set()
    service.until(run, "succeeded")
    assert children == [1]


def test_the_next_service_goes_on_with_the_children_of_the_last(house):
    gate = threading.Event()

    def script(child):
        child.task("Work_1")
        child.wait(gate)
        child.task("Work_2")

    service = house(script)
    live = [service.submit(parameters={"n": n}) for n in range(5)]
    for run in live:
        service.until(run, "running")
    # When the service is replaced, and three children end meanwhile
    service.stop()
    gate.set()
    service.start()
    # Then no run is lost, none started again, and no event is missing or doubled
    for run in live:
        assert service.until(run, "succeeded").progress.done == 2
        kinds = [row.kind for row in service.insights.events(run.id) if row.task == "Work_2"]
        assert kinds == ["discovered", "began", "ended", "status"]
        assert len(service.insights.attempts(run.id)) == 1


@pytest.mark.parametrize("written", ["nothing", "the spec"])
def test_a_run_that_was_claimed_and_never_launched_is_queued_again_without_counting_as_lost(house, written):
    # Given a run that a service had claimed when it died
    service = house()
    service.dispatcher.stop()
    run = service.submit()
    claim(service, run)
    if written == "the spec":
        folder = attempt_folder(service.home, run.id, 1)
        folder.write_spec(RunSpec(run.id, 1, "tasks.work", "Work", {}, ""))
    service.stop()
    # When the next one takes over
    service.start()
    # Then it runs
    assert service.until(run, "succeeded").attempt == 2
    assert [attempt.state for attempt in service.insights.attempts(run.id)] == ["ended", "ended"]


def test_a_child_that_comes_after_its_attempt_was_given_up_does_nothing(house):
    service = house(leave_a_note)
    service.dispatcher.stop()
    run = service.submit()
    claim(service, run)
    folder = attempt_folder(service.home, run.id, 1)
    spec = RunSpec(run.id, 1, "tasks.work", "Work", {}, "")
    folder.write_spec(spec)
    until(folder.exit_file.exists, "the attempt is given up")
    # When the child comes after all
    service.launcher.launch(spec, folder)
    # Then it has not reported
    assert not folder.events_file(0).exists()


def leave_a_note(child):
    child.emit("note", text="ran")


def claim(service, run) -> None:
    with service.database.write() as connection:
        runs.change(connection, run, "starting", now=1.0, actor="dispatcher", attempt=1)
        attempts.insert(connection, run.id, 1, 1.0)


def refuse(error, launch):
    """A `launch` that raises once."""
    errors = [error]

    def launch_or_raise(spec, folder):
        if errors:
            raise errors.pop()
        return launch(spec, folder)

    return launch_or_raise


def test_a_full_database_delays_a_run_and_loses_nothing(house):
    # Given a run under way, and a database that may not grow any more
    gate = threading.Event()

    def script(child):
        child.wait(gate)
        for number in range(200):
            child.task(f"Work_{number}")

    service = house(script)
    run = service.submit()
    service.until(run, "running")
    limit_pages(service.database, None)
    gate.set()
    folder = attempt_folder(service.home, run.id, 1)
    until(folder.exit_file.exists, "the child ends")
    with pytest.raises(StoreUnavailable, match="full"):
        for _ in range(1000):
            service.submit(labels={"text": "x" * 1000})
    assert service.run(run.id).state == "running"
    # When there is room again
    limit_pages(service.database, 1_000_000)
    # Then the run ends with all its events
    assert service.until(run, "succeeded").progress.done == 200


def test_tasks_are_freed_as_soon_as_luigid_can_be_reached(house):
    service = house(vanish)
    free, refused = service.central.free, []

    def refuse_twice(run_id, attempt):
        if len(refused) < 2:
            refused.append(run_id)
            raise SchedulerUnavailable(url="http://127.0.0.1:1", reason="refused")
        free(run_id, attempt)

    service.central.free = refuse_twice
    run = service.submit()
    service.until(run, "failed")
    until(lambda: service.central.attempts[run.id, 1], "freed at last")


def test_one_run_that_cannot_be_read_does_not_hold_up_the_others(house):
    # Given a run whose folder holds something that no child writes
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None)
    spoilt = service.submit()
    service.until(spoilt, "running")
    folder = attempt_folder(service.home, spoilt.id, 1)
    folder.events_file(7).mkdir(parents=True)
    # Then others go on
    gate.set()
    service.until(service.submit(), "succeeded")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"outcome": "succeeded"', "\0"])
def test_an_exit_file_that_says_nothing_counts_as_none(house, content):
    gate = threading.Event()

    def die_at_the_gate(child):
        child.wait(gate)
        vanish(child)

    service = house(die_at_the_gate)
    run = service.submit()
    service.until(run, "running")
    attempt_folder(service.home, run.id, 1).exit_file.write_text(content)
    gate.set()
    assert service.until(run, "failed").reason == "attempt 1 was lost: the child vanished"


def limit_pages(database, most):
    """Let the database grow to `most` pages, or no more than it has now."""
    with database.write() as connection:
        pages = most or connection.execute(text("PRAGMA page_count")).scalar()
        connection.execute(text(f"PRAGMA max_page_count={pages}"))
