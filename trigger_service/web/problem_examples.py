"""A document of each kind of problem, for pages and for the OpenAPI document: made by what makes the replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trigger_service.domain import errors
from trigger_service.domain.errors import Problem, TriggerError
from trigger_service.web.errors import problem_document
from trigger_service.web.problems import ProblemKind

_REQUEST = "8f14e45fceea467a9b2f0c6a1d7e3b52"
_RUN = "019be1e2-7c40-7b4e-9b1d-3f6f0a5c8d21"
_MONTH = "'2013-1' is not a month; expected a month, for example 2013-01"
_WORKERS = "Input should be greater than or equal to 1; it is 0"
#: What the placeholders of messages stand for, unless `_ERRORS` has the whole error.
_VALUES: Mapping[str, Any] = {
    "cursor": "abc",
    "held": "read",
    "key": "9d0c5a",
    "key_file": "/srv/luigi/.luigi-trigger/secrets.key",
    "known": "6",
    "name": "FlightsReport",
    "names": "password",
    "needed": "run",
    "path": "/srv/luigi/.luigi-trigger/database.sqlite3",
    "prefix": "019be1",
    "problems": "\n- [trigger_service] port = 'http': it is no whole number",
    "reason": "No space left on device",
    "run_id": _RUN,
    "run_ids": f"{_RUN}, 019be1f0-1d22-7a90-8c3e-52b7d1e4f6a0",
    "state": "running",
    "target": "backups/monday.sqlite3",
    "url": "http://127.0.0.1:8082",
    "verb": "retried",
    "version": "7",
    "what": "run",
}
_ERRORS: Mapping[type[TriggerError], TriggerError] = {
    type(error): error
    for error in (
        errors.PipelineNotFound(name="FlightReport", nearest=("FlightsReport",)),
        errors.AmbiguousPipeline(name="FlightsReport", modules="tasks.flights, tasks.old", key="module"),
        errors.Busy(reason="All places for streams are taken."),
        errors.TooOften(reason="More than 50 requests a second have come from here.", retry_after_s=1),
        errors.InvalidRequest([Problem("/workers", _WORKERS)]),
        errors.InvalidParameters([Problem("/parameters/month", _MONTH)]),
        errors.PipelineBroken(module="tasks.flights", reason="NameError: name 'luigy' is not defined (line 3)"),
        errors.UnknownPlace(place="default/prod", known="default/default, default/staging"),
        errors.PoolNotFound(name="warehouse"),
        errors.ScheduleNotFound(name="nightly"),
        errors.ScheduleManaged(name="nightly", who="stands in schedules.toml: change it there"),
        errors.SensorNotFound(name="landing"),
        errors.PresetNotFound(pipeline="FlightsReport", name="january"),
        errors.RuleNotFound(name="failures"),
        errors.BackfillNotFound(backfill_id=_RUN),
        errors.BackfillOver(backfill_id=_RUN, state="finished", verb="cancelled"),
        errors.TargetNotFound(url="/srv/data/2013-1.csv", nearest=("/srv/data/2013-01.csv",)),
        errors.PoolInUse(name="warehouse", run_id=_RUN),
        errors.OperationNotFound(operation_id=_RUN),
        errors.OperationConflict(operation_id=_RUN, reason="is expired, so it cannot be undone"),
        errors.TargetsStay(
            reason="1 target cannot be moved: mysql://db/flights: a MySqlTarget cannot be moved: only local files can, "
            "and the targets of `targets`."
        ),
        errors.TargetsInUse(run_id=_RUN, state="running"),
        errors.TaskNotFound(run_id=_RUN, task_id="LoadFlights_2013_02_5e0b71c4aa"),
        errors.TokenNotFound(name="ci"),
        errors.TokenExists(name="ci", state="valid"),
        errors.Unauthenticated(reason="none was sent"),
        errors.SignatureRefused(reason="there is no header webhook-signature"),
        errors.DeliveryFailed(delivery="72d3162e", reason="/parameters/day: /date is absent"),
        errors.ScopeMissing(name="dashboard", held="read", needed="run"),
        errors.Unavailable(what="luigid", reason="connection refused"),
        errors.ZygoteUnavailable(reason="it is being started again"),
        errors.SchedulerUnavailable(url=_VALUES["url"], reason="connection refused"),
        errors.PipelineUnknown(name="FlightsReport", module="tasks.flights", reason="it is being imported"),
        errors.DatabaseTooOld(path=_VALUES["path"], version="4", known="6"),
        errors.CannotStart(reason="port 8090 is held by pid 4711 (python)"),
    )
}
_OF_HTTP: Mapping[int, str] = {
    400: "The body is not JSON: Expecting value at line 1, column 14.",
    403: "Requests from pages of 'http://elsewhere.example' are not accepted.",
    404: "There is nothing at /api/v1/run.",
    405: "The method is not allowed for the requested URL.",
    409: "The request does not fit the present state.",
    413: "The body is too large; 1048576 bytes are the limit.",
    414: "The request cannot be read. Its first line is too long; send long values in a body.",
    415: "A body must have the content type application/json, not 'text/plain'.",
    417: "The request cannot be read. It expects something that is not known here; 100-continue is.",
    429: "Too many requests have come from here.",
    431: "The request cannot be read. It has too many headers, or one is too large.",
    500: "The service met an error it did not expect; its log says more under this request_id.",
    501: "The request cannot be read. Its body is encoded in a way that is not known here; chunked is.",
    503: "The service stops.",
    505: "The request cannot be read. It is of a version of HTTP that is not spoken here; 1.1 is.",
}


def example(kind: ProblemKind) -> dict[str, Any]:
    """A document of this kind."""
    if kind.error is None:
        told = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": _OF_HTTP[kind.status]}
        return {**told, "errors": [], "request_id": _REQUEST}
    error = _ERRORS.get(kind.error) or kind.error(**{name: _VALUES[name] for name in kind.fields})
    return {**problem_document(error), "request_id": _REQUEST}
