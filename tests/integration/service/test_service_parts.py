"""The parts that only pass news on: broadcast, doorbell, and the rhythm of looking."""

from __future__ import annotations

import socket
import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from trigger_service.domain.ids import uuid7
from trigger_service.service import broadcast as module
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.doorbell import Doorbell, doorbell_name
from trigger_service.service.rhythm import Rhythm

RUN = uuid7(1.0, bytes(10))


@given(st.lists(st.sampled_from("abc"), max_size=20))
def test_the_version_of_a_run_grows_with_its_own_news_only(notified):
    broadcast = Broadcast()
    for run_id in notified:
        before = {other: broadcast.version(other) for other in "abc"}
        everything = broadcast.version()
        broadcast.notify(run_id)
        assert broadcast.version(run_id) > before[run_id]
        assert broadcast.version() > everything
        assert all(broadcast.version(other) == before[other] for other in "abc" if other != run_id)


def test_news_between_reading_and_waiting_are_not_missed():
    broadcast = Broadcast()
    version = broadcast.version("a")
    broadcast.notify("a")
    started = time.monotonic()
    assert broadcast.wait("a", version, 50) > version
    assert time.monotonic() - started < 25


def test_two_hundred_waiters_all_hear_and_leave_nothing_behind():
    broadcast = Broadcast()
    heard = []
    ready = threading.Barrier(201)

    def wait(run_id):
        version = broadcast.version(run_id)
        ready.wait(30)
        heard.append(broadcast.wait(run_id, version, 30) > version)

    threads = [threading.Thread(target=wait, args=("a" if n % 2 else None,)) for n in range(200)]
    for thread in threads:
        thread.start()
    ready.wait(30)
    broadcast.notify("a")
    for thread in threads:
        thread.join()
    assert heard == [True] * 200
    assert not broadcast._waiters


def test_old_runs_are_forgotten_and_still_heard_of(monkeypatch):
    monkeypatch.setattr(module, "REMEMBERED", 2)
    broadcast = Broadcast()
    for run_id in "abcd":
        broadcast.notify(run_id)
    assert len(broadcast._versions) == 2
    version = broadcast.version("a")
    broadcast.notify("a")
    assert broadcast.version("a") > version


def test_rings_are_gathered_and_nonsense_is_ignored(tmp_path):
    bell = Doorbell(doorbell_name(tmp_path))
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
            for text in (b"", b"\xff\xff", b"../..", b"x" * 1000, RUN.encode(), RUN.encode()):
                stranger.sendto(text, f"\0{bell.name}")
        assert bell.wait(0) == {RUN}
        assert bell.wait(0) == set()
    finally:
        bell.close()
    bell.ring(RUN)  # nobody listens any more, and that is no error


def test_a_full_socket_does_not_hold_up_who_rings_inside_and_loses_nothing_of_it(tmp_path):
    bell = Doorbell(doorbell_name(tmp_path))
    try:
        crowd = [uuid7(float(number), bytes(10)) for number in range(1000)]
        for run_id in crowd:
            bell.ring(run_id)
        assert bell.wait(0) == set(crowd)
    finally:
        bell.close()


def rested(ended: set[str]) -> Rhythm:
    """A rhythm that has just looked at everything, and whose look took no time."""
    rhythm = Rhythm(lambda run_id: run_id in ended)
    assert rhythm.due(set(), ()) is None
    return rhythm


def settled(rhythm: Rhythm, rung: set[str], live: tuple[str, ...]) -> set[str] | None:
    """What is due once those who have rung now have been given their time."""
    early = rhythm.due(rung, live)
    if early:
        return early
    threading.Event().wait(Rhythm.SETTLE_S)
    return rhythm.due(set(), live)


def test_the_first_ring_after_a_silence_is_heeded_after_a_moment():
    rhythm = rested(set())
    assert rhythm.due({"a"}, ("a",)) == set()
    assert settled(rhythm, set(), ("a",)) == {"a"}


def test_an_end_is_heeded_at_once():
    assert rested({"a"}).due({"a"}, ("a",)) == {"a"}


def test_while_it_rests_only_an_end_is_heeded():
    ended: set[str] = set()
    rhythm = rested(ended)
    with rhythm.measured():
        pass
    assert rhythm.due({"a", "b"}, ("a", "b")) == set()
    ended.add("a")
    assert rhythm.due(set(), ("a", "b")) == {"a"}
    # and after the rest, who has waited is looked at
    threading.Event().wait(Rhythm.REST_S)
    assert rhythm.due(set(), ("b",)) == {"b"}


def test_an_end_whose_ring_was_lost_is_found_with_the_next_look():
    ended = {"b"}
    assert settled(rested(ended), {"a"}, ("a", "b")) == {"a", "b"}


def test_nothing_is_due_in_silence_and_the_wait_is_long():
    rhythm = rested(set())
    assert rhythm.due(set(), ("a",)) == set()
    assert rhythm.pause() > 0.5


def test_a_step_that_is_due_soon_shortens_the_wait_but_never_to_nothing():
    rhythm = rested(set())
    rhythm.next_step(time.time() - 100)
    assert 0 < rhythm.pause() <= Rhythm.REST_S
