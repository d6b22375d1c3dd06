"""What becomes of fires, deliveries, parts and messages is counted for Prometheus, and what waits."""

from __future__ import annotations

import backfilling
import telling

from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.domain.sensors import Sensor
from trigger_service.domain.upstream import PipelineSource
from trigger_service.service.upstreams import Upstreams
from trigger_service.store import meter

ACTOR = "cli ada"


def counted(service, family, **labels):
    return service.counters.registry.get_sample_value(f"luigi_trigger_{family}_total", labels)


def waiting(service):
    with service.database.read() as connection:
        return {kind: number for kind, number in meter.waiting(connection).items() if number}


def test_fires_are_counted_by_what_becomes_of_them(house):
    service = house()
    timing = Timing("interval", "10 minutes", misfire="skip")
    first = service.timetable.save("tick", timing, RunRequest("Work"), ACTOR).next_fire
    service.schedules.look(first + 5 * 600 + 10)
    found = {outcome: counted(service, "fires", outcome=outcome) for outcome in ("started", "missed", "failed")}
    assert found == {"started": 1, "missed": 5, "failed": 0}


def test_deliveries_are_counted_by_source_and_what_becomes_of_them(house):
    # Given
    service = house()
    upstreams = Upstreams(service.database, lambda: None)
    upstreams.look()
    ones, months = {"pointer": "/parameters/n", "equals": 1}, {"n": "/parameters/month"}
    for name, mapping, condition in (("ones", {}, ones), ("lacking", months, None)):
        sensor = Sensor(name, PipelineSource(("Work",)), RunRequest("Other"), mapping, condition)
        service.sensors.save(sensor, ACTOR)
    # When
    for n in (1, 2):
        service.until(service.submit(parameters={"n": n}), "succeeded")
    upstreams.look()
    assert waiting(service) == {"deliveries": 4}
    service.sensors.look()
    # Then
    outcomes = ("started", "skipped", "failed")
    found = {outcome: counted(service, "deliveries", source="pipeline", outcome=outcome) for outcome in outcomes}
    assert found == {"started": 1, "skipped": 1, "failed": 2}
    assert waiting(service) == {}


def test_parts_are_counted_when_they_are_over(house):
    # Given a backfill of three values, of which one fails
    service = house(lambda child: 1 // (int(child.spec.parameters["n"]) - 1) and None)
    backfill_id = backfilling.make(service, 0, 1, 2)
    assert waiting(service) == {"backfill_parts": 3}
    # When it is over, and another one is cancelled
    backfilling.served(service, backfill_id)
    service.backfills.cancel(backfilling.make(service, 3, 4), backfilling.ACTOR)
    # Then
    found = {state: counted(service, "backfill_parts", outcome=state) for state in ("succeeded", "failed", "cancelled")}
    assert found == {"succeeded": 2, "failed": 1, "cancelled": 2}
    assert waiting(service) == {}


def test_messages_are_counted_when_they_are_sent_folded_or_given_up(house, receiver):
    # Given two rules, one of which tells what is the same together
    service = house(telling.doing)
    made = telling.announcing(service)
    telling.save(made, receiver, fold_s=300.0)
    telling.save(made, receiver, name="each")
    # When the same fails twice
    for n in (1, 2):
        service.end_of(service.submit(parameters={"n": f"fail {n}"}))
    telling.settled(made, 2, "each")
    made.look()
    # Then the second is told later
    assert counted(service, "messages", outcome="folded") == 1
    assert waiting(service) == {"messages": 1}
    assert counted(service, "messages", outcome="sent") == 3
    # And what is refused for good is given up
    receiver.answer = (410, {}, b"each")
    service.end_of(service.submit(parameters={"n": "fail 3"}))
    telling.settled(made, 3, "each")
    assert counted(service, "messages", outcome="failed") == 1
