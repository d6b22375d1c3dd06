"""The long poll `/wait` and the RPC `blockers`: what a worker waits for, and when it hears of it."""

import json
import socket
import threading
import time
from urllib.parse import urlsplit

import psutil
import pytest
from luigids import Bench, Luigid
from polling import until

#: Seconds that a poll lasts which nothing answers, and what is far less, also where the machine stands still for a bit.
POLL_S, AT_ONCE_S = 50.0, 25.0


@pytest.fixture
def luigid(bench: Bench) -> Luigid:
    return bench.luigid()


def add(luigid: Luigid, worker: str, task_id: str, **rest) -> None:
    luigid.call("add_task", worker=worker, task_id=task_id, family="F", module="m", **rest)


def blockers(luigid: Luigid, worker: str) -> dict:
    return luigid.call("blockers", worker=worker)


class Waiter(threading.Thread):
    """A long poll under way; `seconds` is how long it took."""

    def __init__(self, luigid: Luigid, *tasks: str, version: int, timeout: float = POLL_S) -> None:
        super().__init__()
        self.ask = lambda: luigid.wait(*tasks, version=version, timeout=timeout)
        self.version = 0
        self.seconds = 0.0
        self.start()

    def run(self) -> None:
        before = time.monotonic()
        self.version = self.ask()
        self.seconds = time.monotonic() - before


class TestWait:
    def test_it_answers_as_soon_as_the_task_changes(self, luigid: Luigid) -> None:
        add(luigid, "A", "F_1")
        version = blockers(luigid, "A")["version"]
        waiter = Waiter(luigid, "F_1", version=version)

        luigid.call("get_work", worker="A")
        waiter.join()

        assert waiter.version > version
        assert waiter.seconds < AT_ONCE_S

    def test_a_change_between_look_and_wait_is_not_missed(self, luigid: Luigid) -> None:
        add(luigid, "A", "F_1")
        version = blockers(luigid, "A")["version"]
        luigid.call("get_work", worker="A")

        assert luigid.wait("F_1", version=version, timeout=POLL_S) > version

    def test_other_tasks_do_not_end_it(self, luigid: Luigid) -> None:
        add(luigid, "A", "F_1")
        add(luigid, "A", "F_2", priority=1)
        version = blockers(luigid, "A")["version"]
        waiter = Waiter(luigid, "F_1", version=version, timeout=1.0)

        assert luigid.call("get_work", worker="A")["task_id"] == "F_2"
        waiter.join()

        assert waiter.seconds >= 1.0

    @pytest.mark.parametrize("method", ["unpause", "pause"])
    def test_without_tasks_anything_ends_it(self, luigid: Luigid, method: str) -> None:
        version = blockers(luigid, "A")["version"]
        waiter = Waiter(luigid, version=version)

        luigid.call(method)
        waiter.join()

        assert waiter.seconds < AT_ONCE_S

    def test_more_of_a_resource_ends_it(self, luigid: Luigid) -> None:
        version = blockers(luigid, "A")["version"]
        waiter = Waiter(luigid, version=version)

        luigid.call("update_resource", resource="gpu", amount=2)
        waiter.join()

        assert waiter.seconds < AT_ONCE_S

    def test_a_version_of_an_earlier_luigid_is_answered_at_once(self, bench: Bench, luigid: Luigid) -> None:
        version = blockers(luigid, "A")["version"]
        luigid.kill()
        second = bench.luigid()

        before = time.monotonic()
        assert second.wait("F_1", version=version, timeout=POLL_S) > version
        assert time.monotonic() - before < AT_ONCE_S

    def test_nobody_is_left_hanging_when_luigid_ends(self, luigid: Luigid) -> None:
        waiter = Waiter(luigid, version=blockers(luigid, "A")["version"])
        until(lambda: connections(luigid), "the poll has arrived")

        luigid.stop()
        waiter.join(AT_ONCE_S)

        assert not waiter.is_alive()

    @pytest.mark.parametrize(
        "body", ["", "[]", "{", '{"tasks": "F_1"}', '{"tasks": [1]}', '{"version": "x"}', '{"timeout": []}']
    )
    def test_nonsense_is_a_bad_request(self, luigid: Luigid, body: str) -> None:
        assert luigid.request("POST", "/wait", body).status == 400

    def test_a_thousand_wait_at_once_and_all_are_woken(self, luigid: Luigid) -> None:
        add(luigid, "A", "F_1")
        version = blockers(luigid, "A")["version"]
        polls = [start_poll(luigid, "F_1", version) for _ in range(1000)]

        luigid.call("get_work", worker="A")
        before = time.monotonic()
        answers = [finish_poll(poll) for poll in polls]

        assert all(f'{{"version": {version + 1}}}' in answer for answer in answers)
        assert time.monotonic() - before < AT_ONCE_S


class TestBlockers:
    def test_a_task_that_runs_elsewhere_is_named_with_its_worker(self, luigid: Luigid) -> None:
        luigid.call("add_worker", worker="A", info=[["host", "here"], ["pid", 42]])
        for worker in ("A", "B"):
            add(luigid, worker, "F_root", deps=["F_1"])
            add(luigid, worker, "F_1")
        luigid.call("get_work", worker="A")

        seen = blockers(luigid, "B")

        assert seen["running_elsewhere"] == [{"task_id": "F_1", "worker": "A", "host": "here", "pid": 42}]
        assert (seen["pending"], seen["ready"], seen["failed"], seen["paused"]) == (1, [], [], False)
        assert blockers(luigid, "A")["running_elsewhere"] == []

    def test_a_dynamic_requirement_that_only_the_other_worker_added_counts(self, luigid: Luigid) -> None:
        for worker in ("A", "B"):
            add(luigid, worker, "F_root")
        luigid.call("get_work", worker="A")
        add(luigid, "A", "F_new")
        add(luigid, "A", "F_root", new_deps=["F_new"])

        assert blockers(luigid, "B")["ready"] == [{"task_id": "F_new", "reason": "waits for worker A to take it"}]
        luigid.call("get_work", worker="A")
        assert [t["task_id"] for t in blockers(luigid, "B")["running_elsewhere"]] == ["F_new"]

    def test_a_busy_resource_is_named_with_who_uses_it(self, luigid: Luigid) -> None:
        luigid.call("update_resource", resource="gpu", amount=1)
        add(luigid, "A", "F_1", resources={"gpu": 1})
        add(luigid, "B", "F_2", resources={"gpu": 1})
        luigid.call("get_work", worker="A")

        assert luigid.call("get_work", worker="B")["task_id"] is None
        assert blockers(luigid, "B")["ready"] == [{"task_id": "F_2", "reason": "resource gpu: 1 of 1 used by F_1"}]

    def test_a_paused_luigid_is_a_reason(self, luigid: Luigid) -> None:
        add(luigid, "A", "F_1")
        luigid.call("pause")

        seen = blockers(luigid, "A")

        assert seen["paused"] is True
        assert seen["ready"] == [{"task_id": "F_1", "reason": "luigid is paused"}]

    def test_of_thousands_of_ready_tasks_a_hundred_are_explained(self, luigid: Luigid) -> None:
        for number in range(150):
            add(luigid, "A", f"F_{number}")

        seen = blockers(luigid, "A")

        assert (seen["pending"], len(seen["ready"])) == (150, 100)
        assert seen["ready"][0]["reason"] == "can be granted"

    def test_a_failure_says_whose_it_is(self, luigid: Luigid) -> None:
        fail_as(luigid, "A", others=["B"])

        mine, theirs = blockers(luigid, "A")["failed"], blockers(luigid, "B")["failed"]

        assert mine == [{"task_id": "F_1", "status": "DISABLED", "by": ["A"], "retry_at": None, "mine": True}]
        assert theirs == [{**mine[0], "mine": False}]

    def test_a_missing_external_leaves_nothing_to_wait_for(self, luigid: Luigid) -> None:
        add(luigid, "A", "F_root", deps=["F_external"])
        add(luigid, "A", "F_external", runnable=False)

        seen = blockers(luigid, "A")

        assert (seen["pending"], seen["ready"], seen["running_elsewhere"], seen["failed"]) == (2, [], [], [])

    def test_a_worker_that_nobody_knows_has_none(self, luigid: Luigid) -> None:
        assert blockers(luigid, "nobody")["pending"] == 0
        assert luigid.call("worker_list") == []


class TestFreshStarts:
    def test_another_worker_that_adds_a_disabled_task_gets_it_and_the_first_does_not(self, luigid: Luigid) -> None:
        fail_as(luigid, "A", others=["B"])

        add(luigid, "B", "F_1")

        assert luigid.call("get_work", worker="A")["task_id"] is None
        assert luigid.call("get_work", worker="B")["task_id"] == "F_1"

    def test_the_worker_that_gave_up_cannot_have_it_again(self, luigid: Luigid) -> None:
        fail_as(luigid, "A", others=["B"])

        add(luigid, "A", "F_1")
        assert luigid.call("task_list", status="DISABLED").keys() == {"F_1"}
        add(luigid, "B", "F_1")
        add(luigid, "A", "F_1")

        assert luigid.call("get_work", worker="A")["task_id"] is None
        assert blockers(luigid, "A")["failed"] == []

    def test_two_that_both_fail_do_not_pass_the_task_to_and_fro(self, luigid: Luigid) -> None:
        fail_as(luigid, "A", others=["B"])
        fail_as(luigid, "B", others=["A"])

        add(luigid, "A", "F_1")
        add(luigid, "B", "F_1")

        assert [luigid.call("get_work", worker=worker)["task_id"] for worker in "AB"] == [None, None]
        assert blockers(luigid, "B")["failed"][0]["by"] == ["A", "B"]

    def test_a_task_with_retries_left_is_forgiven_but_not_forgotten(self, luigid: Luigid) -> None:
        policy = {"retry_count": 2, "disable_hard_timeout": None, "disable_window": None}
        for expected in ("FAILED", "DISABLED"):
            add(luigid, "A", "F_1", retry_policy_dict=policy)
            assert luigid.call("get_work", worker="A")["task_id"] == "F_1"
            add(luigid, "A", "F_1", status="FAILED", retry_policy_dict=policy, expl="no")
            (failed,) = blockers(luigid, "A")["failed"]
            assert (failed["status"], failed["mine"]) == (expected, True)
            assert (failed["retry_at"] is not None) == (expected == "FAILED")
            luigid.call("forgive_failures", task_id="F_1")

        assert luigid.call("get_work", worker="A")["task_id"] is None

    def test_a_task_that_was_done_since_may_be_had_again(self, luigid: Luigid) -> None:
        fail_as(luigid, "A", others=["B"])
        add(luigid, "B", "F_1")
        luigid.call("get_work", worker="B")
        add(luigid, "B", "F_1", status="DONE")

        add(luigid, "A", "F_1")

        assert luigid.call("get_work", worker="A")["task_id"] == "F_1"

    def test_a_plain_worker_may_rebuild_what_vanished_under_its_feet(self, bench: Bench, luigid: Luigid) -> None:
        # Given a dependency whose output is deleted while the worker is busy with another one
        hold = bench.flag("right.hold")
        command = bench.luigi(luigid, "root", "--needs", '["left", "right"]')
        until(lambda: bench.starts("right"), "the second dependency runs")
        first = next(name for name, what in bench.ledger() if what == "start")
        until(lambda: first == "right" or (bench.folder / first).exists(), "the first is done")

        if first == "left":
            (bench.folder / "left").unlink()
        hold.unlink()
        command.wait(30)

        assert bench.ledger()[-1] == ("root", "end")
        assert bench.starts("left") == (2 if first == "left" else 1)


def fail_as(luigid: Luigid, worker: str, others: list[str]) -> None:
    for name in (*others, worker):
        add(luigid, name, "F_1")
    assert luigid.call("get_work", worker=worker)["task_id"] == "F_1"
    add(luigid, worker, "F_1", status="FAILED", expl="it failed")


def connections(luigid: Luigid) -> int:
    found = psutil.Process(luigid.process.pid).net_connections()
    return sum(connection.status == psutil.CONN_ESTABLISHED for connection in found)


def start_poll(luigid: Luigid, task_id: str, version: int) -> socket.socket:
    place = urlsplit(luigid.url)
    body = json.dumps({"tasks": [task_id], "version": version, "timeout": 20})
    poll = socket.create_connection((place.hostname, place.port))
    head = f"POST /wait HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    poll.sendall((head + body).encode())
    return poll


def finish_poll(poll: socket.socket) -> str:
    with poll, poll.makefile() as answer:
        return answer.read()
