"""Backfills of a house: made, looked at and served to their end."""

from __future__ import annotations

from trigger_service.domain.ranges import Range
from trigger_service.domain.run import RunRequest
from trigger_service.service.backfills import Pace
from trigger_service.service.calendars import Wanted
from trigger_service.service.turns import Asker

ACTOR = "cli ada"
ASKER = Asker("ada", lambda: False)
DAY = {
    "name": "day",
    "type": "DateParameter",
    "visibility": "public",
    "expectation": "a date",
    "range": {"unit": "date", "every": 1, "origin": "1970-01-01"},
}


def make(service, *values, pace=None, parameter="n", idempotency=None, **request):
    wanted = Wanted(parameter, values if not isinstance(values[0], Range) else values[0])
    whose = {"actor": ACTOR, "asker": ASKER, "idempotency": idempotency}
    made = service.backfills.make(RunRequest("Work", **request), wanted, pace or Pace(), **whose)
    return made.overview.backfill.id


def parts(service, backfill_id):
    return service.backfills.parts(backfill_id, (), -1, 1000)


def states(service, backfill_id):
    return {part.value: part.state for part in parts(service, backfill_id)}


def counts(service, backfill_id):
    return {state: number for state, number in service.backfills.get(backfill_id).counts.items() if number}


def served(service, backfill_id):
    """Look, again whenever the live runs have ended, until nothing is live."""
    while True:
        service.feeder.look()
        live = [part.run_id for part in parts(service, backfill_id) if part.state == "started"]
        if not live:
            return
        for run_id in live:
            service.end_of(service.run(run_id))
