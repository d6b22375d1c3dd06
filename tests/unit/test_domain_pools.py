"""Pools as people see them."""

import pytest

from trigger_service.domain.admission import Candidate, Limits
from trigger_service.domain.pools import pools, problems


def run(name, pipeline="Flights", named=(), priority=0):
    return Candidate(name, pipeline, priority, float(ord(name)), named)


def test_each_pool_tells_its_slots_its_holders_and_who_waits_for_it_and_why():
    # Given
    limits = Limits(runs=3, pipelines={"Flights": 2}, pools={"warehouse": 1, "idle": 5})
    live = [run("a", named=("warehouse",)), run("b", "Other")]
    queued = [run("c", "Other", ("warehouse",)), run("d", "Other"), run("e", "Other")]
    # When
    told = {pool.name: pool for pool in pools(limits, {}, live, queued)}
    # Then
    assert list(told) == ["all", "idle", "warehouse", "pipeline:Flights", "pipeline:Other"]
    assert [holder.id for holder in told["warehouse"].holders] == ["a"]
    assert [(waiting.run.id, waiting.reason) for waiting in told["warehouse"].queue] == [
        ("c", "waits for a slot: pool warehouse may have 1 live at once, held by a")
    ]
    # the slot that is left goes to the first of the two others
    assert [waiting.run.id for waiting in told["all"].queue] == ["e"]
    assert (told["idle"].slots, told["idle"].holders, told["idle"].queue) == (5, (), ())
    assert (told["pipeline:Other"].slots, told["pipeline:Other"].configured) == (0, 0)


def test_what_was_resized_counts_instead_of_what_is_configured():
    limits = Limits(runs=3, runs_per_pipeline=4, pools={"warehouse": 1})
    resized = {"all": 1, "pipeline:Flights": 2, "warehouse": 0, "new": 7}

    told = {pool.name: (pool.slots, pool.configured, pool.resized) for pool in pools(limits, resized, [], [])}

    assert told == {
        "all": (1, 3, True),
        "new": (7, None, True),
        "warehouse": (0, 1, True),
        "pipeline:Flights": (2, 4, True),
    }
    assert limits.resized(resized).slots("pipeline:Other") == 4


def test_a_pool_that_only_a_live_run_still_names_is_told():
    (ghost,) = [pool for pool in pools(Limits(), {}, [run("a", named=("gone",))], []) if pool.name == "gone"]
    assert (ghost.slots, ghost.configured, [holder.id for holder in ghost.holders]) == (0, None, ["a"])


@pytest.mark.parametrize("name", ["all", "pipeline:Flights", "pipeline:a.b Ä", "warehouse", "db-1.read@x_y", "7"])
def test_a_name_that_can_be_one(name):
    assert problems(name, 3) == []


@pytest.mark.parametrize("name", ["", "pipeline:", "a b", "a:b", "../x", "-x", "x" * 101, "ä"])
def test_a_name_that_cannot_be_one(name):
    (problem,) = problems(name, 3)
    assert problem.pointer == "/name"
    assert "expected all, pipeline:NAME, or letters" in problem.detail


@pytest.mark.parametrize("slots", [-1, 10_001, True, 1.0, "3", None])
def test_a_number_of_slots_that_cannot_be_one(slots):
    (problem,) = problems("warehouse", slots)
    assert problem.pointer == "/slots"
