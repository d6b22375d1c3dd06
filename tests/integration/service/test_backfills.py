"""Backfills: what is missing is run once, so many at a time, in order; and it is paused, cancelled, retried as one."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from backfilling import ACTOR, counts, make, parts, served, states

from trigger_service.domain.errors import BackfillOver, InvalidParameters, PipelineNotFound, Problem, ZygoteUnavailable
from trigger_service.domain.queries import RunFilter
from trigger_service.service import feeder
from trigger_service.service.backfills import Pace
from trigger_service.service.feeder import Feeder


def values_in_order_of_runs(service):
    found = service.insights.runs(RunFilter(trigger="backfill"), limit=100).runs
    return [run.texts["n"] for run in reversed(found)]


@pytest.fixture
def gated(house):
    """A service whose runs go on until the test opens the gate."""
    gate = threading.Event()
    service = house(lambda child: child.wait(gate) and None)
    service.gate = gate
    yield service
    gate.set()


@pytest.mark.parametrize(("order", "expected"), [("oldest", ["1", "3", "4"]), ("newest", ["4", "3", "1"])])
def test_what_is_missing_is_run_in_its_order_and_what_is_complete_is_not(house, order, expected):
    # Given
    service = house()
    service.complete_values.append(2)
    # When
    backfill_id = make(service, 1, 2, 3, 4, pace=Pace(order), labels={"team": "a"}, pools=())
    served(service, backfill_id)
    # Then
    assert states(service, backfill_id) == {1: "succeeded", 2: "complete", 3: "succeeded", 4: "succeeded"}
    assert values_in_order_of_runs(service) == expected
    overview = service.backfills.get(backfill_id)
    assert (overview.state, overview.expected_end) == ("finished", None)
    run = service.run(parts(service, backfill_id)[0].run_id)
    assert (run.trigger.kind, run.trigger.by, run.labels) == ("backfill", backfill_id, {"team": "a"})


def test_where_nothing_is_missing_it_is_finished_at_once(house):
    service = house()
    service.complete_values.extend([1, 2])

    backfill_id = make(service, 1, 2)
    service.feeder.look()

    assert service.backfills.get(backfill_id).state == "finished"
    assert counts(service, backfill_id) == {"complete": 2}


def test_never_more_runs_are_live_than_may_be_and_it_is_resized_while_it_runs(gated):
    # Given
    backfill_id = make(gated, *range(6), pace=Pace(parallel=2))
    # When
    for _ in range(3):
        gated.feeder.look()
    assert counts(gated, backfill_id) == {"waiting": 4, "started": 2}
    # Then more, and fewer, take effect at the next look
    gated.backfills.change(backfill_id, None, 4, ACTOR)
    gated.feeder.look()
    assert counts(gated, backfill_id) == {"waiting": 2, "started": 4}
    gated.backfills.change(backfill_id, None, 1, ACTOR)
    gated.feeder.look()
    assert counts(gated, backfill_id) == {"waiting": 2, "started": 4}
    gated.gate.set()
    served(gated, backfill_id)
    assert counts(gated, backfill_id) == {"succeeded": 6}


def test_many_parts_are_started_by_several_looks_each_of_which_asks_for_the_next(gated, monkeypatch):
    monkeypatch.setattr(feeder, "_BATCH", 2)
    asked = []
    gated.feeder.on_more = lambda: asked.append("again")
    backfill_id = make(gated, *range(5), pace=Pace(parallel=5))

    for started in (2, 4, 5):
        gated.feeder.look()
        assert counts(gated, backfill_id)["started"] == started
    assert asked == ["again", "again"]


def test_two_processes_with_one_database_start_each_part_once(gated):
    # Given
    backfill_id = make(gated, *range(20), pace=Pace(parallel=7))
    other = Feeder(gated.database, gated.triggers, gated.handing, gated.counters)
    # When both look at the same time
    threads = [threading.Thread(target=each.look) for each in (gated.feeder, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then
    assert counts(gated, backfill_id)["started"] <= 7
    gated.feeder.look()
    assert counts(gated, backfill_id) == {"waiting": 13, "started": 7}
    gated.gate.set()
    served(gated, backfill_id)
    assert sorted(map(int, values_in_order_of_runs(gated))) == list(range(20))


def test_a_paused_one_starts_nothing_and_goes_on_when_it_is_resumed(gated):
    backfill_id = make(gated, 1, 2, 3)
    gated.feeder.look()

    paused = gated.backfills.change(backfill_id, True, None, ACTOR)
    gated.gate.set()
    served(gated, backfill_id)

    assert paused.state == "paused"
    assert counts(gated, backfill_id) == {"succeeded": 1, "waiting": 2}
    assert gated.backfills.get(backfill_id).expected_end is None
    assert gated.backfills.change(backfill_id, False, None, ACTOR).state == "running"
    served(gated, backfill_id)
    assert counts(gated, backfill_id) == {"succeeded": 3}


def test_it_is_cancelled_as_one_and_only_what_did_not_succeed_is_retried(gated):
    # Given one run that goes on
    gated.complete_values.append(0)
    backfill_id = make(gated, 0, 1, 2)
    gated.feeder.look()
    live = next(part.run_id for part in parts(gated, backfill_id) if part.state == "started")
    gated.until(gated.run(live), "running")
    # When
    assert gated.backfills.cancel(backfill_id, ACTOR).state == "cancelled"
    gated.feeder.look()
    # Then
    assert gated.until(gated.run(live), "cancelled").reason == "cancelled on request"
    assert counts(gated, backfill_id) == {"complete": 1, "cancelled": 2}
    assert parts(gated, backfill_id)[1].reason == "cancelled on request"
    # And it stays so, whatever else is asked for
    assert gated.backfills.cancel(backfill_id, ACTOR).state == "cancelled"
    with pytest.raises(BackfillOver, match="is cancelled, so it cannot be changed"):
        gated.backfills.change(backfill_id, False, None, ACTOR)
    # And once more
    gated.gate.set()
    assert gated.backfills.retry(backfill_id, ACTOR).state == "running"
    served(gated, backfill_id)
    assert counts(gated, backfill_id) == {"complete": 1, "succeeded": 2}
    assert [part.tries for part in parts(gated, backfill_id)] == [0, 2, 1]
    with pytest.raises(BackfillOver, match="without failed, cancelled, skipped parts"):
        gated.backfills.retry(backfill_id, ACTOR)
    with pytest.raises(BackfillOver, match="is finished"):
        gated.backfills.cancel(backfill_id, ACTOR)
    told = [row.change.action for row in gated.pools.changes(f"backfill {backfill_id}", None, 9)]
    assert told == ["backfill retried", "backfill cancelled", "backfill made"]


def test_a_run_that_failed_is_tried_again_and_the_others_are_not(house):
    # Given
    broken = {"2"}

    def script(child):
        if child.spec.parameters["n"] in broken:
            raise ValueError("broken")

    service = house(script)
    backfill_id = make(service, 1, 2, 3, pace=Pace(parallel=3))
    served(service, backfill_id)
    assert states(service, backfill_id) == {1: "succeeded", 2: "failed", 3: "succeeded"}
    assert [part.reason for part in parts(service, backfill_id)] == ["", "broken", ""]
    # When
    broken.clear()
    service.backfills.retry(backfill_id, ACTOR)
    served(service, backfill_id)
    # Then
    assert states(service, backfill_id) == {1: "succeeded", 2: "succeeded", 3: "succeeded"}
    assert values_in_order_of_runs(service)[3:] == ["2"]


def test_code_that_wants_another_parameter_by_now_holds_up_all_and_fails_none(house, monkeypatch):
    # Given a backfill, and code that has changed since
    monkeypatch.setattr(feeder, "HELD_UP_S", 0.0)
    service = house()
    backfill_id = make(service, 1, 2, 3)
    pipelines = service.host._pipelines
    more = (*pipelines[0].parameters, {"name": "shop", "required": True})
    service.host._pipelines = (replace(pipelines[0], parameters=more),)
    # When
    service.feeder.look()
    # Then its parts wait, and say why
    assert counts(service, backfill_id) == {"waiting": 3}
    assert parts(service, backfill_id)[0].reason.endswith("Work needs a shop")
    # And go on when it is mended
    service.host._pipelines = pipelines
    served(service, backfill_id)
    assert counts(service, backfill_id) == {"succeeded": 3}


def test_a_value_that_is_refused_fails_alone_and_what_ails_all_of_them_holds_them_up(house, monkeypatch):
    # Given a value that is refused
    service = house()
    monkeypatch.setattr(feeder, "HELD_UP_S", 0.0)
    backfill_id = make(service, 1, 2, pace=Pace(parallel=2))
    judge = service.host.validate
    refused = InvalidParameters([Problem("/parameters/n", "1 is a holiday")])
    service.host.validate = lambda module, family, parameters: (
        _raise(refused) if parameters["n"] == 1 else judge(module, family, parameters)
    )
    served(service, backfill_id)
    assert states(service, backfill_id) == {1: "failed", 2: "succeeded"}
    assert "1 is a holiday" in parts(service, backfill_id)[0].reason
    # And one whose pipeline is not there, or cannot be asked, for a while
    service.host.validate = judge
    backfill_id = make(service, 1, 2)
    for error in (ZygoteUnavailable(reason="it starts again"), PipelineNotFound(name="Work")):
        service.host.validate = lambda *_, error=error: _raise(error)
        service.feeder.look()
        assert states(service, backfill_id) == {1: "waiting", 2: "waiting"}
        assert parts(service, backfill_id)[0].reason == str(error)
    service.host.validate = judge
    served(service, backfill_id)
    assert states(service, backfill_id) == {1: "succeeded", 2: "succeeded"}


def test_a_part_whose_run_was_deleted_before_its_end_was_noted_is_not_taken_for_done(house):
    service = house()
    backfill_id = make(service, 1)
    served(service, backfill_id)
    with service.database.write() as connection:
        connection.exec_driver_sql("UPDATE backfill_parts SET state = 'started', run_id = 'gone'")

    service.feeder.look()

    (part,) = parts(service, backfill_id)
    assert part.state == "failed"
    assert "deleted before its end was noted" in part.reason


def test_its_end_is_expected_by_its_own_runs_and_before_by_those_of_the_pipeline(gated):
    assert gated.backfills.get(make(gated, 1)).expected_end is None
    gated.gate.set()
    gated.end_of(gated.submit())
    backfill_id = make(gated, *range(5))

    overview = gated.backfills.get(backfill_id)

    assert overview.expected_end is not None
    assert overview.expected_end >= overview.backfill.created_at


def _raise(error):
    raise error
