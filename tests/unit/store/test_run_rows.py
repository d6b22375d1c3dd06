"""Runs in the database, and their changes of state."""

from __future__ import annotations

import contextlib
import threading
from itertools import product
from typing import get_args

import pytest

from trigger_service.domain.errors import AmbiguousRun, RunNotFound, StateConflict
from trigger_service.domain.run import LIVE, Progress, RunError, RunState, Trigger, may_change
from trigger_service.store import attempts, journal, runs

STATES = get_args(RunState)


def test_a_run_comes_back_as_it_was_stored(database, stored):
    run = stored(
        parameters={"month": "2013-01", "carriers": ["AA", "UA"], "deep": {"a": None}},
        texts={"month": "2013-01"},
        labels={"team": "flights"},
        pools=("disk",),
        trigger=Trigger("cli", "someone"),
        timeout_s=1.5,
        max_attempts=3,
        verified=False,
        progress=Progress(4, 3, 2, 1),
        error=RunError("ValueError", "x", "Work_1", "Traceback"),
    )
    with database.read() as connection:
        assert runs.get(connection, run.id) == run


@pytest.mark.parametrize(("before", "after"), sorted(product(STATES, STATES)))
def test_the_store_makes_exactly_the_allowed_changes(database, stored, before, after):
    run = stored(state=before)

    def change():
        with database.write() as connection:
            return runs.change(connection, run, after, now=2.0, actor="test", reason="because", attempt=7)

    if not may_change(before, after):
        with pytest.raises(StateConflict):
            change()
        expected_run = run
    else:
        expected_run = change()
        assert (expected_run.state, expected_run.attempt) == (after, 7)
    with database.read() as connection:
        rows = journal.after(connection, run.id, 0, 10)
        assert runs.get(connection, run.id) == expected_run
    told = [row.data for row in rows[1:]]
    expected = [{"from": before, "to": after, "actor": "test", "reason": "because"}]
    assert told == (expected if may_change(before, after) else [])


def test_a_change_from_a_state_that_is_past_does_nothing(database, stored):
    run = stored(state="running")
    with database.write() as connection:
        with pytest.raises(StateConflict):
            runs.change(connection, run.evolve(state="queued"), "starting", now=2.0, actor="test")
        assert runs.get(connection, run.id) == run
        assert len(journal.after(connection, run.id, 0, 10)) == 1


def test_of_many_claims_at_once_one_wins(database, stored):
    # Given a queued run and eight threads that want it
    run = stored()
    start = threading.Barrier(8)
    won = []

    def claim(number):
        start.wait()
        with database.write() as connection, contextlib.suppress(StateConflict):
            runs.change(connection, run, "starting", now=2.0, actor=f"thread {number}")
            won.append(number)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then one has it, and the journal knows of no other
    assert len(won) == 1
    with database.read() as connection:
        assert [row.data["actor"] for row in journal.after(connection, run.id, 0, 10)][1:] == [f"thread {won[0]}"]


def test_a_transaction_that_raises_leaves_nothing_behind(database, stored):
    run = stored()
    with pytest.raises(RuntimeError), database.write() as connection:
        runs.change(connection, run, "cancelled", now=2.0, actor="test")
        raise RuntimeError
    with database.read() as connection:
        assert runs.get(connection, run.id) == run


def test_a_run_is_found_by_the_beginning_of_its_id_while_that_is_unique(database, stored):
    first, second = stored(id="0190aaaa-0000-7000-8000-000000000000"), stored(id="0190bbbb-0000-7000-8000-000000000000")
    with database.read() as connection:
        assert runs.find(connection, "0190A") == first
        assert runs.find(connection, second.id) == second
        with pytest.raises(AmbiguousRun, match=r"0190aaaa.* and 0190bbbb"):
            runs.find(connection, "0190")
        for unknown in ("", "%", "_", "0190c", "..", "' or 1=1 --", "\0"):
            with pytest.raises(RunNotFound):
                runs.find(connection, unknown)


def test_the_queue_is_in_the_order_in_which_runs_may_start(database, stored):
    runs_in_order = [stored(priority=5), stored(priority=0), stored(priority=0), stored(priority=-5)]
    for state in (*LIVE, "succeeded"):
        stored(state=state, priority=9)
    expected = [run.id for run in runs_in_order]
    with database.read() as connection:
        first = runs.queued_candidates(connection, limit=2)
        rest = runs.queued_candidates(connection, after=first[-1], limit=10)
        assert [run.id for run in [*first, *rest]] == expected
        assert runs.queued_candidates(connection, without={"Work"}, limit=10) == []
        assert len(runs.live_candidates(connection)) == len(LIVE)


def test_only_an_unfinished_run_of_the_same_identity_is_active(database, stored):
    stored(identity="a", state="succeeded")
    running = stored(identity="a", state="running")
    stored(identity="b")
    with database.read() as connection:
        assert runs.active(connection, "a") == running
        assert runs.active(connection, "c") is None


def test_attempts_are_kept_with_their_handles(database, stored):
    run = stored(state="starting")
    handle = {"pid": 1, "started": 2, "boot_id": "b", "launcher": "local"}
    with database.write() as connection:
        attempts.set_running(connection, run.id, 1, None)
        assert attempts.of(connection, run.id)[0].handle is None
        attempts.set_running(connection, run.id, 1, handle)
        attempts.set_running(connection, run.id, 1, {**handle, "pid": 9})
        [(live, attempt)] = attempts.live(connection)
        assert (live, attempt.handle, attempt.state) == (run, handle, "running")
        attempts.end(connection, run.id, 1, "lost", now=3.0, reason="killed", buried=False)
        assert attempts.lost(connection, run.id) == 1
        assert [each.number for each in attempts.unburied(connection)] == [1]
        attempts.bury(connection, run.id, 1)
        assert attempts.unburied(connection) == []
        assert attempts.of(connection, run.id)[0].reason == "killed"
