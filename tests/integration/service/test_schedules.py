"""Schedules: each fire is on record once, and becomes what its policy says."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest
from polling import until

from trigger_service.domain.errors import InvalidRequest, PipelineNotFound, ScheduleNotFound, ZygoteUnavailable
from trigger_service.domain.place import Place
from trigger_service.domain.queries import RunFilter
from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.launchers.base import Pipeline
from trigger_service.launchers.inline import InlineHost
from trigger_service.launchers.places import Places
from trigger_service.service.clock import Clock
from trigger_service.service.schedules import EVERY_S, Schedules
from trigger_service.store import schedules as table

ACTOR = "cli ada"


def every(text, **more):
    return Timing("interval", text, **more)


def fires(service, name="tick"):
    """State, seconds after the first and reason of each fire, oldest first."""
    found = service.timetable.fires(name, None, 500)[::-1]
    return [(fire.state, fire.fire_time - found[0].fire_time, fire.reason) for fire in found]


def save(service, timing, name="tick", **request):
    return service.timetable.save(name, timing, RunRequest("Work", **request), ACTOR)


def test_a_fire_becomes_a_run_with_the_parameters_of_its_time(house):
    # Given
    service = house()
    made = save(service, every("10 minutes"), parameters={"n": "{{ fire_time | timestamp }}"}, labels={"team": "a"})
    assert made.next_fire % 600 == 0
    assert time.time() < made.next_fire <= time.time() + 600
    # When it is not due yet, and when it is
    service.schedules.look(made.next_fire - 1)
    assert service.timetable.fires("tick", None, 9) == []
    service.schedules.look(made.next_fire + 0.02)
    service.schedules.look(made.next_fire + 0.04)
    # Then
    (fire,) = service.timetable.fires("tick", None, 9)
    run = service.run(fire.run_id)
    assert (fire.state, fire.fire_time, fire.reason) == ("started", made.next_fire, "")
    assert (run.trigger.kind, run.trigger.by, run.labels) == ("schedule", "tick", {"team": "a"})
    assert run.texts == {"n": str(made.next_fire)}
    assert service.timetable.get("tick").next_fire == made.next_fire + 600
    service.until(run, "succeeded")


@pytest.mark.parametrize(
    ("misfire", "states"),
    [
        ("skip", ["missed"] * 5 + ["started"]),
        ("once", ["missed"] * 5 + ["started"]),
        ("all", ["missed"] * 2 + ["started"] * 4),
    ],
)
def test_after_a_pause_of_the_service_each_due_fire_becomes_what_the_policy_says(house, misfire, states):
    service = house()
    made = save(service, every("10 minutes", misfire=misfire, misfire_limit=3))

    service.schedules.look(made.next_fire + 5 * 600 + 10)

    assert [state for state, _, _ in fires(service)] == states
    assert all(reason for state, _, reason in fires(service) if state == "missed")


def test_a_clock_that_is_put_back_makes_no_fire_twice(house):
    service = house()
    made = save(service, every("10 minutes"))
    service.schedules.look(made.next_fire + 1)

    service.schedules.look(made.next_fire - 7200)
    service.schedules.look(made.next_fire + 2)

    assert [state for state, _, _ in fires(service)] == ["started"]


def test_two_processes_with_one_database_fire_once(house):
    # Given
    service = house()
    names = [f"s{number}" for number in range(20)]
    due_at = max(save(service, every("10 minutes"), name).next_fire for name in names)
    other = Schedules(service.database, service.triggers, service.handing, service.counters)
    # When both look at the same time
    threads = [threading.Thread(target=each.look, args=(due_at + 1,)) for each in (service.schedules, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then
    run_ids = {fire.run_id for name in names for fire in service.timetable.fires(name, None, 9)}
    assert len(run_ids) == 20
    assert {run.id for run in service.insights.runs(RunFilter(), limit=100).runs} == run_ids


@pytest.mark.parametrize("overlap", ["allow", "queue", "skip", "replace"])
def test_a_fire_that_meets_a_run_of_its_schedule_does_what_the_schedule_says(house, overlap):
    # Given a run of the first fire that goes on
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None)
    first = save(service, every("10 minutes", overlap=overlap)).next_fire
    service.schedules.look(first)
    (fire,) = service.timetable.fires("tick", None, 9)
    running = service.run(fire.run_id)
    service.until(running, "running")
    # When two more are due
    service.schedules.look(first + 600)
    service.schedules.look(first + 1200)
    # Then
    states = [state for state, _, _ in fires(service)]
    expected = {
        "allow": ["started"] * 3,
        "queue": ["started", "pending", "pending"],
        "skip": ["started", "skipped", "skipped"],
        "replace": ["started", "skipped", "pending"],
    }
    assert states == expected[overlap]
    if overlap in ("queue", "skip"):
        assert running.id in fires(service)[1][2]
    # And once it has ended, what has waited is started, one after the other
    if overlap == "replace":
        service.until(running, "cancelled")
    gate.set()
    service.end_of(running)
    for _ in range(2):
        service.schedules.look(first + 1201)
        newest = next(fire for fire in service.timetable.fires("tick", None, 9) if fire.run_id)
        service.end_of(service.run(newest.run_id))
    left = {"allow": "started", "queue": "started", "skip": "skipped", "replace": "started"}
    assert fires(service)[2][0] == left[overlap]
    assert "pending" not in [state for state, _, _ in fires(service)]


def test_a_fire_that_takes_the_place_of_others_cancels_no_run_of_somebody_else(house):
    # Given a run that somebody has asked for, and that a fire has attached itself to
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None)
    theirs = service.submit()
    first = save(service, every("10 minutes", overlap="replace"), if_active="attach").next_fire
    service.schedules.look(first)
    # When the next one is due
    service.schedules.look(first + 600)
    # Then it waits for it
    newest, attached = service.timetable.fires("tick", None, 9)
    assert (attached.run_id, newest.state) == (theirs.id, "pending")
    assert service.run(theirs.id).state in ("queued", "starting", "running")
    gate.set()
    service.until(theirs, "succeeded")


def test_what_would_be_a_fire_while_it_is_paused_is_none(house):
    service = house()
    made = save(service, every("10 minutes"))

    paused = service.timetable.pause("tick", True, ACTOR)
    service.schedules.look(made.next_fire + 6000)

    assert (paused.next_fire, paused.due_at, service.timetable.fires("tick", None, 9)) == (None, None, [])
    assert service.timetable.pause("tick", False, ACTOR).next_fire == made.next_fire
    assert [one.name for one in service.timetable.pause_all(True, ACTOR)] == ["tick"]
    # one that is saved again stays paused
    assert save(service, every("20 minutes")).paused
    done = [row.change.action for row in service.pools.changes("schedule tick", None, 9)]
    assert done == ["schedule changed", "schedule paused", "schedule resumed", "schedule paused", "schedule made"]


def test_a_fire_that_is_refused_says_why_and_the_schedule_goes_on(house):
    # Given a schedule whose parameter is not there any more after the next start
    service = house()
    made = save(service, every("10 minutes"), parameters={"n": 1})
    with_it = service.places
    service.stop()
    service.places = Places({Place(): InlineHost([Pipeline("Work", "tasks.work")])})
    service.start()
    # When
    service.schedules.look(made.next_fire)
    # Then
    ((state, _, reason),) = fires(service)
    assert (state, reason) == ("failed", "1 parameter(s) cannot be used: /parameters/n: Work has no parameter 'n'")
    # And when it is there again
    service.stop()
    service.places = with_it
    service.start()
    service.schedules.look(made.next_fire + 600)
    assert [state for state, _, _ in fires(service)] == ["failed", "started"]


def test_a_fire_waits_while_nobody_can_judge_it(house):
    # Given
    service = house()
    made = save(service, every("10 minutes"), parameters={"n": 1})
    judge, service.host.validate = service.host.validate, _unavailable
    # When
    service.schedules.look(made.next_fire)
    # Then
    assert fires(service) == [("pending", 0, "The zygote cannot be reached: it starts again")]
    service.host.validate = judge
    service.schedules.look(made.next_fire + 1)
    assert [state for state, _, _ in fires(service)] == ["started"]


def test_a_schedule_that_cannot_be_read_any_more_stands_still_and_says_so_while_the_others_go_on(house):
    # Given one whose time zone the machine has no more, and one whose pipeline breaks the judge
    service = house()
    made = save(service, every("10 minutes"))
    save(service, every("10 minutes"), "odd", parameters={"n": 66})
    lost = save(service, every("10 minutes"), "lost")
    with service.database.write() as connection:
        table.save(connection, lost.evolve(timing=Timing("interval", "10 minutes", "Atlantis/Poseidonis")))
    judge = service.host.validate
    service.host.validate = lambda *asked: 1 // 0 if asked[-1] == {"n": 66} else judge(*asked)
    # When
    service.schedules.look(made.next_fire)
    # Then
    ((state, _, reason),) = fires(service, "lost")
    assert state == "failed"
    assert "'Atlantis/Poseidonis'" in reason
    assert "save it again" in reason
    ((state, _, reason),) = fires(service, "odd")
    assert (state, "ZeroDivisionError" in reason) == ("failed", True)
    assert [state for state, _, _ in fires(service)] == ["started"]
    assert service.timetable.get("lost").next_fire is None


def test_a_schedule_that_is_saved_while_its_fires_are_reckoned_goes_by_what_was_saved(house):
    # Given a schedule as a process has read it when it was due
    service = house()
    read = save(service, every("10 minutes"))
    # When it is saved before that process stores what it has reckoned
    with service.database.write() as connection:
        table.save(connection, read.evolve(updated_at=read.updated_at + 1))
        after = read.evolve(next_fire=read.next_fire + 600, due_at=read.due_at + 600)
        assert not table.advance(connection, read, after)
    # Then the one who looks next finds what was saved
    found = service.timetable.get("tick")
    assert found.next_fire == read.next_fire
    with service.database.write() as connection:
        assert table.advance(connection, found, after)
        assert not table.advance(connection, found, after)


def _unavailable(*_arguments):
    raise ZygoteUnavailable(reason="it starts again")


def test_everything_wrong_with_a_schedule_is_said_when_it_is_saved(house):
    service = house()
    request = RunRequest("Work", {"n": "{{ fire }}", "password": "hidden {{ x"})
    with pytest.raises(InvalidRequest) as refused:
        service.timetable.save("no name", Timing("cron", "61 * * * *", "Mars"), request, ACTOR)
    assert [problem.pointer for problem in refused.value.problems] == [
        "/name", "/timing/timezone", "/timing/expression", "/parameters/password", "/parameters/n",
    ]  # fmt: skip
    assert "hidden" not in str(refused.value)
    with pytest.raises(InvalidRequest, match="no fire of it is to come"):
        service.timetable.save("past", Timing("once", "2013-01-01T00:00"), RunRequest("Work"), ACTOR)
    with pytest.raises(PipelineNotFound):
        service.timetable.save("x", every("1 hour"), RunRequest("Nothing"), ACTOR)
    assert service.timetable.listed() == []
    with pytest.raises(ScheduleNotFound):
        service.timetable.remove("x", ACTOR)


def test_a_removed_schedule_leaves_its_runs(house):
    service = house()
    made = save(service, every("10 minutes"))
    service.schedules.look(made.next_fire)
    (fire,) = service.timetable.fires("tick", None, 9)

    service.timetable.remove("tick", ACTOR)

    assert service.end_of(service.run(fire.run_id)).state == "succeeded"
    with pytest.raises(ScheduleNotFound):
        service.timetable.fires("tick", None, 9)
    save(service, every("10 minutes"))
    assert service.timetable.fires("tick", None, 9) == []


def test_a_run_that_outlives_a_thousand_fires_is_still_the_one_that_others_overlap(house):
    # Given a fire whose run goes on
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None)
    first = save(service, every("1 second", overlap="skip", misfire="skip")).next_fire
    service.schedules.look(first)
    (fire,) = service.timetable.fires("tick", None, 9)
    # When more fires than are kept come after it
    service.schedules.look(first + 1100)
    # Then the newest of them finds it
    newest = service.timetable.fires("tick", None, 1)[0]
    gate.set()
    assert (newest.state, newest.reason) == ("skipped", f"run {fire.run_id} of this schedule had not ended")


def test_to_pause_what_is_paused_changes_nothing_and_says_so(house):
    service = house()
    save(service, every("1 hour"))
    for paused in (False, True, True):
        shown = service.timetable.pause("tick", paused, ACTOR)
        assert shown == service.timetable.get("tick")
    done = [row.change.action for row in service.pools.changes("schedule tick", None, 9)]
    assert done == ["schedule paused", "schedule made"]


def test_the_thread_looks_when_a_fire_is_due(house):
    # Given
    service = house()
    clock = Clock()
    clock.add("schedules", service.schedules.look_now, EVERY_S)
    service.schedules.on_due = partial(clock.call_at, "schedules")
    service.timetable.on_change = service.schedules.wake
    clock.start()
    try:
        # When
        save(service, every("1 second"))
        # Then each fires soon after its time
        until(lambda: len(service.timetable.fires("tick", None, 9)) >= 3, "three fires")
    finally:
        clock.stop()
    found = service.timetable.fires("tick", None, 9)
    assert {fire.state for fire in found} <= {"started", "pending"}
    assert all(fire.recorded_at >= fire.fire_time for fire in found)
