"""Many runs, and how many of them may be live."""

from __future__ import annotations

import threading
import time

import pytest
from polling import until

from trigger_service.domain.admission import Limits
from trigger_service.domain.errors import InvalidRequest, PoolInUse, PoolNotFound
from trigger_service.domain.ids import uuid7
from trigger_service.domain.queries import RunFilter
from trigger_service.store import runs


class Gauge:
    """How many children are inside at once, in all and by pipeline, now and at most."""

    def __init__(self):
        self.lock = threading.Lock()
        self.inside = {}
        self.most = {}
        self.ids = []

    def __call__(self, child):
        for name in ("all", child.spec.family):
            self.count(name, 1)
        self.ids.append((child.spec.run_id, child.spec.attempt))
        child.task(f"{child.spec.family}_1")
        for name in ("all", child.spec.family):
            self.count(name, -1)

    def count(self, name, change):
        with self.lock:
            self.inside[name] = self.inside.get(name, 0) + change
            self.most[name] = max(self.most.get(name, 0), self.inside[name])


def test_of_200_triggers_from_8_clients_none_is_lost_or_run_twice_and_no_limit_exceeded(house):
    # Given limits and eight clients
    gauge = Gauge()
    service = house(gauge, limits=Limits(runs=6, pipelines={"Other": 2}))
    accepted = []

    def client(number):
        for index in range(25):
            accepted.append(service.submit("Work" if index % 2 else "Other", parameters={"n": number * 100 + index}))

    clients = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    # When all is done
    until(lambda: not service.insights.runs(RunFilter(states=("queued", "starting", "running"))).runs, "all", 50)
    # Then every one has run once, and never too many at a time
    assert sorted(gauge.ids) == sorted((run.id, 1) for run in accepted)
    assert len({run.id for run in accepted}) == 200
    assert all(service.run(run.id).state == "succeeded" for run in accepted)
    assert gauge.most["all"] <= 6
    assert gauge.most["Other"] <= 2


def test_the_higher_priority_goes_first_and_then_the_older(house):
    order = []
    gate = threading.Event()

    def script(child):
        order.append(child.spec.parameters["n"])
        child.wait(gate)

    service = house(script, limits=Limits(runs=1))
    first = service.submit(parameters={"n": 0})
    service.until(first, "running")
    later = [service.submit(parameters={"n": n}, priority=priority) for n, priority in ((1, 0), (2, 5), (3, 0), (4, 5))]
    gate.set()
    for run in later:
        service.until(run, "succeeded")
    assert order == ["0", "2", "4", "1", "3"]


def test_a_queued_run_says_who_holds_it_up(house):
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None, limits=Limits(runs=3, pipelines={"Other": 1}))
    held_by = service.submit("Other")
    service.until(held_by, "running")
    waiting = service.submit("Other")
    reason = f"waits for a slot: pipeline Other may have 1 live at once, held by {held_by.id}"
    assert service.run(waiting.id).reason == reason
    assert service.insights.find(waiting.id[:-1]).reason == reason
    listed = service.insights.runs(RunFilter(states=("queued",))).runs
    assert [run.reason for run in listed] == [reason]
    # while another pipeline's is not held up by it
    service.until(service.submit("Work"), "running")
    gate.set()
    service.until(waiting, "succeeded")


def test_runs_of_a_pipeline_that_a_pool_names_are_always_in_it(house):
    # Given
    gate = threading.Event()
    limits = Limits(pools={"db": 1, "lab": 9}, memberships={"Work": ("db",)})
    service = house(lambda child: child.wait(gate) and None, limits=limits)
    # When
    first, second, other = service.submit(pools=("lab", "db")), service.submit(), service.submit("Other")
    # Then
    assert (first.pools, second.pools, other.pools) == (("db", "lab"), ("db",), ())
    service.until(other, "running")
    assert service.run(second.id).state == "queued"
    gate.set()
    service.until(second, "succeeded")


def test_a_pool_that_is_made_larger_lets_a_waiting_run_start_at_once_and_stays_so(house):
    # Given a run that waits for the only slot of a pool
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None, limits=Limits(pools={"warehouse": 1}))
    holder = service.submit("Work", pools=("warehouse",))
    service.until(holder, "running")
    waiting = service.submit("Other", pools=("warehouse",))
    (told,) = [pool for pool in service.pools.listed() if pool.name == "warehouse"]
    assert [[run.id for run in told.holders], [waits.run.id for waits in told.queue]] == [[holder.id], [waiting.id]]
    # When
    service.pools.resize("warehouse", 2, "cli ada")
    # Then
    service.until(waiting, "running")
    service.stop()
    service.start()
    assert service.pools.get("warehouse").slots == 2
    # And what luigi.cfg says comes back, where nothing is held against it
    service.pools.reset("warehouse", "cli bob")
    assert (service.pools.get("warehouse").slots, len(service.pools.get("warehouse").holders)) == (1, 2)
    third = service.submit("Work", pools=("warehouse",))
    assert "pool warehouse may have 1 live at once" in service.run(third.id).reason
    changes = [(row.change.actor, row.change.action, row.change.after) for row in service.pools.changes(None, None, 9)]
    assert changes == [("cli bob", "pool reset", {"slots": 1}), ("cli ada", "pool resized", {"slots": 2})]
    gate.set()
    service.until(third, "succeeded")


def test_a_pool_of_its_own_is_made_and_removed_but_not_while_a_run_names_it(house):
    # Given
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None)
    with pytest.raises(InvalidRequest, match="there is no pool 'lab'"):
        service.submit("Work", pools=("lab",))
    service.pools.resize("lab", 1, "cli ada")
    run = service.submit("Work", pools=("lab",))
    # When
    with pytest.raises(PoolInUse, match=run.id):
        service.pools.reset("lab", "cli ada")
    gate.set()
    service.until(run, "succeeded")
    service.pools.reset("lab", "cli ada")
    # Then
    with pytest.raises(PoolNotFound):
        service.pools.get("lab")
    with pytest.raises(PoolNotFound):
        service.pools.reset("lab", "cli ada")
    assert [row.change.action for row in service.pools.changes("pool lab", None, 9)] == ["pool removed", "pool made"]


def test_5000_queued_runs_cost_the_next_trigger_and_every_reader_little(house):
    # Given 5000 queued runs of a pipeline that is full
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None, limits=Limits(runs=4, pipelines={"Other": 1}))
    service.until(service.submit("Other"), "running")
    pattern = service.submit("Other")
    with service.database.write() as connection:
        for number in range(5000):
            run_id = uuid7(pattern.created_at + number / 1000, number.to_bytes(10, "big"))
            runs.insert(connection, pattern.evolve(id=run_id), identity="", sealed="")
    # Then another pipeline's run still starts at once, and lists are quick
    started = time.process_time()
    service.until(service.submit("Work"), "running")
    assert time.process_time() - started < 1
    started = time.process_time()
    page = service.insights.runs(RunFilter(states=("queued",)), limit=100)
    assert time.process_time() - started < 0.5
    assert all("held by" in run.reason for run in page.runs)
    gate.set()
