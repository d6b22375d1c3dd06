"""Sensors: what happens outside the clock is on record once, and becomes one run."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import update

from trigger_service.domain.errors import InvalidRequest, PipelineBroken, SensorNotFound, ZygoteUnavailable
from trigger_service.domain.presets import Preset
from trigger_service.domain.queries import RunFilter
from trigger_service.domain.run import RunRequest
from trigger_service.domain.sensors import Sensor
from trigger_service.domain.upstream import PipelineSource
from trigger_service.service import sensors
from trigger_service.service.upstreams import Upstreams
from trigger_service.store.sensor_tables import sensors as table

ACTOR = "cli ada"


def save(service, name="after", *, pipelines=("Work",), match=None, mapping=None, condition=None, **request):
    pipeline = request.pop("pipeline", "Other")
    source = PipelineSource(tuple(pipelines), match=match)
    sensor = Sensor(name, source, RunRequest(pipeline, **request), mapping or {"n": "/parameters/n"}, condition)
    return service.sensors.save(sensor, ACTOR)


def look(service):
    """What the clock does after runs have ended."""
    Upstreams(service.database, lambda: None).look()
    service.sensors.look()


def outcomes(service, name="after"):
    """State and reason of each delivery, oldest first."""
    return [(made.state, made.reason) for made in service.sensors.deliveries(name, None, 500)[::-1]]


def others(service):
    """What the runs of `Other` were asked for, oldest first."""
    found = service.insights.runs(RunFilter(pipeline="Other"), limit=100).runs
    return [run.parameters for run in found[::-1]]


def succeeded(service, **parameters):
    run = service.submit(parameters=parameters)
    return service.until(run, "succeeded")


def test_a_success_starts_the_pipelines_that_wait_for_it_with_its_parameters(house):
    # Given
    service = house()
    look(service)
    save(service, labels={"team": "a"})
    # When
    first = succeeded(service, n=5)
    look(service)
    look(service)
    # Then
    (delivery,) = service.sensors.deliveries("after", None, 9)
    run = service.run(delivery.run_id)
    assert (delivery.state, delivery.key, delivery.document) == ("started", first.id, None)
    assert (run.trigger.kind, run.trigger.by, run.labels) == ("pipeline", "after", {"team": "a"})
    assert others(service) == [{"n": 5}]


def test_only_what_succeeds_after_the_sensor_was_made_counts_and_no_failure(house):
    service = house(lambda child: 1 // (int(child.spec.parameters["n"]) - 1) and None)
    succeeded(service, n=3)
    look(service)
    save(service)
    failed = service.submit(parameters={"n": 1})
    service.until(failed, "failed")
    look(service)
    assert outcomes(service) == []
    service.sensors.pause("after", True, ACTOR)
    succeeded(service, n=4)
    look(service)
    service.sensors.pause("after", False, ACTOR)
    look(service)
    assert outcomes(service) == []


def test_to_pause_a_sensor_that_is_paused_changes_nothing_and_says_so(house):
    service = house()
    save(service)
    for paused in (False, True, True):
        shown = service.sensors.pause("after", paused, ACTOR)
        assert shown == service.sensors.get("after")


def test_a_clock_that_was_put_back_after_a_sensor_was_saved_keeps_no_success_from_counting(house):
    service = house()
    look(service)
    save(service)
    with service.database.write() as connection:
        connection.execute(update(table).values(updated_at=table.c.updated_at + 3 * 3600))
    succeeded(service, n=1)
    look(service)
    assert outcomes(service) == [("started", "")]


def test_several_pipelines_start_another_when_all_have_succeeded_for_the_same_value(house):
    # Given
    service = house()
    look(service)
    pipelines, match = ("Work", "Load"), {"Work": "/parameters/month", "Load": "/parameters/month"}
    save(service, pipelines=pipelines, match=match, mapping={"month": "/runs/Work/parameters/month"})
    # When one has, for two months, and the other for one of them, twice
    for pipeline, month in (("Work", "2013-01"), ("Work", "2013-02"), ("Load", "2013-02"), ("Load", "2013-02")):
        run = service.submit(pipeline, parameters={"month": month})
        service.until(run, "succeeded")
        look(service)
    # Then
    assert others(service) == [{"month": "2013-02"}]


def test_a_filter_and_what_a_document_lacks_are_told_by_the_delivery(house):
    service = house()
    look(service)
    save(service, condition={"pointer": "/labels/kind", "equals": "full"}, mapping={"n": "/parameters/month"})
    run = service.submit(parameters={"n": 1})
    service.until(run, "succeeded")
    run = service.submit(parameters={"n": 2}, labels={"kind": "full"})
    service.until(run, "succeeded")
    look(service)
    (first, why), (second, fault) = outcomes(service)
    assert (first, second) == ("skipped", "failed")
    assert why == 'the filter refuses it: /labels/kind is absent, expected "full"'
    assert "/parameters/month is absent" in fault
    assert others(service) == []


def test_a_delivery_waits_while_nobody_can_judge_it(house):
    service = house()
    look(service)
    save(service)
    succeeded(service, n=1)
    judge, service.host.validate = service.host.validate, _unavailable
    look(service)
    assert outcomes(service) == [("pending", "The zygote cannot be reached: it starts again")]
    service.host.validate = judge
    look(service)
    assert outcomes(service) == [("started", "")]


def _unavailable(*_arguments):
    raise ZygoteUnavailable(reason="it starts again")


def test_a_delivery_waits_until_broken_code_is_mended(house):
    service = house()
    look(service)
    save(service)
    succeeded(service, n=1)
    judge, service.host.validate = service.host.validate, _broken
    look(service)
    look(service)
    ((state, reason),) = outcomes(service)
    assert (state, "tasks.other cannot be imported" in reason) == ("pending", True)
    service.host.validate = judge
    look(service)
    assert outcomes(service) == [("started", "")]


def test_a_sensor_that_has_to_wait_with_very_many_holds_up_no_other_and_wakes_nobody(house, monkeypatch):
    # Given more deliveries that wait for broken code than are taken in a look
    monkeypatch.setattr(sensors, "_BATCH", 3)
    service = house()
    look(service)
    woken = []
    service.sensors.on_pending = lambda: woken.append(1)
    save(service, "broken", pipelines=("Load",), mapping={"n": "/parameters/n"}, pipeline="Other")
    save(service, "sound", pipelines=("Work",), mapping={"n": "/parameters/n"}, pipeline="Load")
    for n in range(4):
        service.until(service.submit("Load", parameters={"n": n}), "succeeded")
    judge = service.host.validate
    service.host.validate = lambda module, *more: _broken() if module == "tasks.other" else judge(module, *more)
    look(service)
    # When another sensor has one
    succeeded(service, n=5)
    look(service)
    # Then that has its run
    assert outcomes(service, "sound") == [("started", "")]
    assert {state for state, _ in outcomes(service, "broken")} == {"pending"}
    assert woken == []
    # And the others when the code is mended, all of them one look after the other
    service.host.validate = judge
    while woken or outcomes(service, "broken")[-1][0] != "started":
        woken.clear()
        service.sensors.look()
    assert {state for state, _ in outcomes(service, "broken")} == {"started"}


def _broken(*_arguments):
    raise PipelineBroken(module="tasks.other", reason="SyntaxError")


def test_two_processes_with_one_database_take_each_success_once(house):
    # Given
    service = house()
    look(service)
    save(service)
    for number in range(20):
        succeeded(service, n=number)
    # When both look at the same time
    threads = [threading.Thread(target=look, args=(service,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then
    assert sorted(run["n"] for run in others(service)) == list(range(20))


def test_what_is_delivered_at_once_is_on_record_with_its_run_and_counts_once(house):
    # Given
    service = house()
    save(service)
    document = {"parameters": {"n": 7}}
    # When the same comes from eight at once, and once more
    found, sensor = [], service.sensors.get("after")
    threads = [
        threading.Thread(target=lambda: found.append(service.sensors.deliver(sensor, "d1", document))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = service.sensors.deliver(sensor, "d1", document)
    # Then
    assert [each.replayed for each in found].count(False) == 1
    assert {each.delivery.run_id for each in found} == {again.delivery.run_id}
    assert others(service) == [{"n": 7}]


def test_a_delivery_to_a_sensor_that_is_removed_meanwhile_starts_no_run(house):
    service = house()
    save(service)
    sensor = service.sensors.get("after")
    service.sensors.remove("after", "a test")
    with pytest.raises(SensorNotFound):
        service.sensors.deliver(sensor, "d1", {"parameters": {"n": 7}})
    assert others(service) == []


def test_everything_wrong_with_a_sensor_is_said_when_it_is_saved(house):
    service = house()
    with pytest.raises(InvalidRequest) as refused:
        save(
            service,
            "no name",
            pipelines=("Work", "Nothing"),
            mapping={"mont": "/a", "password": "b"},
            condition={"pointer": "x"},
            parameters={"password": "hidden"},
        )
    assert {problem.pointer for problem in refused.value.problems} == {
        "/name", "/source/match", "/mapping/password", "/filter", "/parameters/password",
        "/mapping/mont", "/source/pipelines/1",
    }  # fmt: skip
    assert "hidden" not in str(refused.value)
    assert "did you mean 'month'?" in str(refused.value)
    assert service.sensors.listed() == []
    with pytest.raises(SensorNotFound):
        service.sensors.remove("x", ACTOR)


def test_a_circle_of_pipelines_is_refused_when_it_is_saved(house):
    service = house()
    save(service, "one", pipelines=("Work",), pipeline="Other")
    save(service, "two", pipelines=("Other",), pipeline="Load")
    with pytest.raises(InvalidRequest, match="Load -> Work -> Other -> Load"):
        save(service, "three", pipelines=("Load",), pipeline="Work")
    with pytest.raises(InvalidRequest, match="Work -> Work"):
        save(service, "self", pipelines=("Work",), pipeline="Work")
    save(service, "two", pipelines=("Work",), pipeline="Load")
    save(service, "three", pipelines=("Other",), pipeline="Load")


def test_a_document_can_be_tried_without_starting_anything(house):
    service = house()
    save(service, condition={"pointer": "/ok", "equals": True}, mapping={"n": "/n"}, parameters={"month": "2013-01"})
    verdict, request = service.sensors.tried("after", {"ok": True, "n": 3})
    assert (verdict.passes, request.parameters) == (True, {"month": "2013-01", "n": 3})
    assert service.sensors.tried("after", {"ok": False})[1] is None
    with pytest.raises(InvalidRequest, match="/n is absent"):
        service.sensors.tried("after", {"ok": True})
    assert (others(service), outcomes(service)) == ([], [])


def test_a_preset_lies_under_the_parameters_of_whoever_names_it(house):
    # Given
    service = house()
    service.presets.save(Preset("Work", "small", {"n": 1, "month": "2013-01"}), ACTOR)
    # When
    run = service.submit(preset="small", parameters={"n": 2})
    # Then
    assert run.parameters == {"n": 2, "month": "2013-01"}
    with pytest.raises(InvalidRequest, match="Work has no preset 'smal'; did you mean 'small'\\?"):
        service.submit(preset="smal")
    with pytest.raises(InvalidRequest, match="private"):
        service.presets.save(Preset("Work", "other", {"password": "x"}), ACTOR)
    service.presets.remove("Work", "small", ACTOR)
    assert service.presets.listed() == []
