"""What may be asked for by a backfill, and what is said of what may not; and how backfills are listed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from backfilling import ACTOR, ASKER, DAY, make, parts, served, states

from trigger_service.domain.backfills import PART_STATES
from trigger_service.domain.errors import BackfillNotFound, Busy, InvalidParameters, InvalidRequest, Problem
from trigger_service.domain.place import Place
from trigger_service.domain.presets import Preset
from trigger_service.domain.queries import Idempotency
from trigger_service.domain.ranges import Range
from trigger_service.domain.run import RunRequest
from trigger_service.launchers.base import Pipeline
from trigger_service.launchers.inline import InlineHost
from trigger_service.launchers.places import Places
from trigger_service.service.backfills import Pace
from trigger_service.service.calendars import Wanted


def test_a_range_is_laid_over_a_parameter_of_the_calendar(house):
    service = house()
    service.stop()
    service.places = Places({Place(): InlineHost([Pipeline("Work", "tasks.work", parameters=(DAY,))])})
    service.start()

    backfill_id = make(service, Range("2013-01-30", "2013-02-01"), parameter="day")

    assert [part.value for part in parts(service, backfill_id)] == ["2013-01-30", "2013-01-31", "2013-02-01"]


WRONG = (
    (Wanted("x", (1,)), {}, "/parameter", "Work has no parameter 'x'"),
    (Wanted("password", ("s3cret",)), {}, "/parameter", "password is private"),
    (Wanted("n", (1,)), {"parameters": {"n": 2}}, "/parameters/n", "gets its values from the range or list"),
    (Wanted("n", (1,)), {"parameters": {"password": "s3cret"}}, "/parameters/password", "backfills keep no private"),
    (Wanted("n", (1,)), {"parameters": {"m": 2}}, "/parameters/m", "has no parameter 'm'"),
    (Wanted("n", (1,)), {"pools": ("p",)}, "/pools/0", "there is no pool"),
    (Wanted("n", ()), {}, "/values", "has 0 values"),
    (Wanted("n", Range("2013-01-01")), {}, "/parameter", "ranges are of dates"),
)


def test_what_is_wrong_is_said_with_its_place_and_nothing_is_made(house):
    service = house()
    for wanted, request, pointer, said in WRONG:
        with pytest.raises(InvalidRequest) as refused:
            service.backfills.make(RunRequest("Work", **request), wanted, Pace(), actor=ACTOR, asker=ASKER)
        (problem,) = refused.value.problems
        assert (problem.pointer, said in problem.detail) == (pointer, True), problem
        assert "s3cret" not in problem.detail
    assert service.backfills.listed(None, 9) == []


def test_all_that_is_wrong_is_told_at_once(house):
    service = house()
    with pytest.raises(InvalidRequest) as refused:
        service.backfills.make(
            RunRequest("Work", {"m": 2}, pools=("p",)),
            Wanted("n", Range("2013-01-01")),
            Pace(),
            actor=ACTOR,
            asker=ASKER,
        )
    assert {problem.pointer for problem in refused.value.problems} == {"/parameter", "/pools/0", "/parameters/m"}


def test_a_task_that_refuses_the_first_values_has_a_calendar_all_the_same(house):
    # Given a task that refuses weekends
    service = house()
    judge = service.host.validate

    def refusing(module, family, parameters):
        if parameters["n"] in (1, 2):
            raise InvalidParameters([Problem("/parameters", "Work cannot be made: no work on weekends")])
        return judge(module, family, parameters)

    service.host.validate = refusing
    # Then
    assert list(states(service, make(service, 1, 2, 3))) == [1, 2, 3]
    with pytest.raises(InvalidRequest, match="no work on weekends"):
        make(service, 1, 2)


def test_the_parameters_may_be_those_of_a_preset_and_hold_a_slot_of_a_pool(house):
    service = house()
    service.presets.save(Preset("Work", "small", {"month": "2013-01", "n": 7}), ACTOR)
    service.pools.resize("warehouse", 1, ACTOR)

    backfill_id = make(service, 1, 2, preset="small", pools=("warehouse",), pace=Pace(parallel=2))
    served(service, backfill_id)

    runs = [service.run(part.run_id) for part in parts(service, backfill_id)]
    assert [run.texts for run in runs] == [{"month": "2013-01", "n": "1"}, {"month": "2013-01", "n": "2"}]
    assert {run.pools for run in runs} == {("warehouse",)}


def test_one_that_there_is_not_is_not_found(house):
    service = house()
    for call in (
        lambda: service.backfills.get("x"),
        lambda: service.backfills.change("x", True, None, ACTOR),
        lambda: service.backfills.cancel("x", ACTOR),
        lambda: service.backfills.retry("x", ACTOR),
        lambda: service.backfills.parts("x", (), -1, 9),
    ):
        with pytest.raises(BackfillNotFound, match="'x'"):
            call()


def test_parts_and_backfills_are_listed_page_by_page(house):
    service = house()
    service.complete_values.extend([1, 3])
    ids = [make(service, *range(5)) for _ in range(3)]

    page = service.backfills.parts(ids[0], ("complete",), -1, 1)
    rest = service.backfills.parts(ids[0], ("complete",), page[-1].position, 9)

    assert [part.value for part in (*page, *rest)] == [1, 3]
    newest = service.backfills.listed(None, 2)
    older = service.backfills.listed(newest[-1].backfill.id, 9)
    assert {overview.backfill.id for overview in (*newest, *older)} == set(ids)
    assert set(newest[0].counts) == set(PART_STATES)


def test_a_client_has_one_calendar_made_at_a_time(house):
    service = house()
    blocked = replace(ASKER, client="bob")
    with service.calendars._turns.taken("bob"), pytest.raises(Busy, match="plan or calendar of yours"):
        service.backfills.make(RunRequest("Work"), Wanted("n", (1,)), Pace(), actor=ACTOR, asker=blocked)


def test_two_equal_requests_with_one_key_at_the_same_time_are_one_backfill(house):
    # Given a request whose calendar is being made when the same one comes and is faster
    service = house()
    promise = Idempotency("cli", "reload", "digest")
    survey = service.backfills._calendars.make

    def overtaken(*asked):
        service.backfills._calendars.make = survey
        first.append(make(service, 1, 2, idempotency=promise))
        return survey(*asked)

    first = []
    service.backfills._calendars.make = overtaken
    # When it is made as well
    second = make(service, 1, 2, idempotency=promise)
    # Then
    assert [second] == first
    assert [each.backfill.id for each in service.backfills.listed(None, 9)] == first
