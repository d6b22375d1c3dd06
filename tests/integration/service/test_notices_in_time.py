"""Notices over time: what is late, what ended while nobody looked, and clocks that are put back."""

from __future__ import annotations

import threading
import time
from collections import Counter

from polling import until
from telling import ACTOR, announcing, doing, ended, messages, save, settled

from trigger_service.domain.notices import Message, Notice
from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.store import notices as table


def test_two_processes_tell_of_each_end_once(house, receiver):
    # Given two that follow the same ends
    service = house(doing)
    made, other = announcing(service), announcing(service)
    save(made, receiver)
    ended(service, *(f"fail {name}" for name in "abcdefgh"))
    # When
    threads = [threading.Thread(target=each.look) for each in (made, other) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then
    found = settled(made, 8)
    settled(other, 8)
    assert sorted(each.notice.parameters["n"] for each in found) == [f"fail {name}" for name in "abcdefgh"]
    assert len(receiver.came) == 8


def test_what_has_ended_while_nobody_looked_is_told_by_the_next_start(house, receiver):
    service = house(doing)
    save(announcing(service), receiver)
    ended(service, "fail")
    service.stop()
    service.start()
    (message,) = settled(announcing(service))
    assert message.state == "sent"
    assert len(receiver.came) == 1


def test_a_schedule_is_late_where_its_work_has_not_succeeded_in_time(house, receiver):
    # Given a schedule whose run waits
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None)
    made = announcing(service)
    save(made, receiver, events=("late",), late_s=100.0)
    asked = RunRequest("Work", {"n": "{{ fire_time | timestamp }}"}, labels={"team": "a"})
    first = service.timetable.save("nightly", Timing("interval", "1 day"), asked, ACTOR).next_fire
    service.schedules.look(first)
    (fire,) = service.timetable.fires("nightly", None, 9)
    # When it is not late yet, is late, and is looked at again
    for after in (99, 101, 111):
        made.notifier.watch(first + after)
    # Then it is told once
    (message,) = settled(made, now=first + 111)
    notice = message.notice
    assert (notice.schedule, notice.fire_time, notice.run_id) == ("nightly", first, fire.run_id)
    assert (notice.event, notice.time, notice.labels) == ("late", first + 100, {"team": "a"})
    assert "schedule nightly of Work is late" in receiver.came[0][2].decode()
    # And one whose work was done in time is not
    gate.set()
    service.end_of(service.run(fire.run_id))
    service.schedules.look(first + 86400)
    (newest, _) = service.timetable.fires("nightly", None, 9)
    service.end_of(service.run(newest.run_id))
    made.notifier.watch(first + 86400 + 1000)
    assert len(messages(made)) == 1


def test_a_schedule_that_failed_is_not_late_where_a_retry_has_succeeded(house, receiver):
    failing = [True]

    def script(_child):
        if failing.pop() if failing else False:
            raise RuntimeError

    service = house(script)
    made = announcing(service)
    save(made, receiver, events=("late",), late_s=100.0)
    first = service.timetable.save("nightly", Timing("interval", "1 day"), RunRequest("Work"), ACTOR).next_fire
    service.schedules.look(first)
    (fire,) = service.timetable.fires("nightly", None, 9)
    service.end_of(service.run(fire.run_id))
    # When it is retried, at a time after the fire by the clock that the fires go by here
    retried = service.end_of(service.triggers.retry(fire.run_id, service.run(fire.run_id).trigger))
    assert retried.state == "succeeded"
    with service.database.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET finished_at = ? WHERE id = ?", (first + 50.0, retried.id))
    made.notifier.watch(first + 101)
    assert messages(made) == []


def test_a_run_that_takes_longer_than_its_pipeline_did_is_told_once(house, receiver):
    # Given five runs that took no time, and one that goes on
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None if child.spec.parameters["n"] == "slow" else None)
    made = announcing(service)
    save(made, receiver, events=("long",), longer_than=3.0)
    ended(service, *"12345")
    slow = service.submit(parameters={"n": "slow"})
    started = service.until(slow, "running").started_at
    # When
    for after in (59, 61, 71):
        made.notifier.watch(started + after)
    # Then
    (message,) = settled(made, now=started + 71)
    assert (message.notice.event, message.notice.run_id) == ("long", slow.id)
    gate.set()
    service.end_of(slow)


def test_a_clock_that_is_put_back_holds_up_nothing_that_is_the_same_as_before(house, receiver):
    # Given a failure that was told three hours from now
    service = house(doing)
    made = announcing(service)
    save(made, receiver, fold_s=300.0)
    ended(service, "fail 1")
    settled(made)
    with service.database.write() as connection:
        connection.exec_driver_sql("UPDATE messages SET created_at = created_at + 10800, due_at = due_at + 10800")
    # When the same happens twice
    ended(service, "fail 2", "fail 3")
    # Then the first of them is told at once, and the other with those to come
    told = {"sent": 2, "folded": 1, "pending": 1}
    until(lambda: made.look() or Counter(message.state for message in messages(made)) == told, "what is told")


def test_a_clock_that_is_put_back_after_a_rule_was_saved_keeps_nothing_from_being_told(house, receiver):
    service = house(doing)
    made = announcing(service)
    save(made, receiver)
    with service.database.write() as connection:  # as if the clock had been an hour ahead then
        connection.exec_driver_sql("UPDATE notification_rules SET updated_at = updated_at + 3600")
    ended(service, "fail")
    (message,) = settled(made)
    assert message.state == "sent"


def test_the_newest_thousand_messages_of_a_rule_are_kept_and_whatever_is_still_to_be_sent(house, receiver):
    # Given more than that, of which the oldest waits
    service = house(doing)
    made = announcing(service)
    save(made, receiver)
    notice = Notice("failed", 1.0, "Work", run_id="r")
    with service.database.write() as connection:
        for number in range(table.KEPT + 5):
            message = Message(f"{number:04d}", "ops", notice, f"old {number}", "sent" if number else "pending")
            table.add(connection, message.evolve(next_try_at=None if number else time.time() + 9999))
    # When
    ended(service, "fail")
    until(lambda: made.look() or len(receiver.came) == 1, "the new one")
    # Then
    with service.database.read() as connection:
        kept = [each.id for each in table.log(connection, "ops", None, 5000)]
    assert (len(kept), kept[-2:]) == (table.KEPT + 1, ["0006", "0000"])
