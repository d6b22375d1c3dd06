"""Examples of operations for the OpenAPI document, by the name of the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trigger_service.domain.operations import (
    ITEM_STATES,
    Affected,
    AffectedTask,
    Consequences,
    Item,
    Operation,
    Overview,
)
from trigger_service.domain.place import Place
from trigger_service.domain.plan import Expectation, Span
from trigger_service.domain.run import Run
from trigger_service.web.operation_documents import consequences_json, items_json, operation_json, operations_json

_AT = 1_769_000_100.0
_ID = "019be1f6-0c20-7d3a-9f14-5b8c7a6d4e30"
_FACTS, _REPORT = "s3://flights/facts/2013-01.parquet", "/srv/flights/data/report/2013-01.html"
_LOAD, _RENDER = "LoadFlights_2013_01_5e0b71c4aa", "FlightsReport_2013_01_9c1d2a7f30"
_MONTH = {"month": "2013-01"}


def operation_examples(run: Run) -> Mapping[str, Any]:
    """Bodies and answers: what was loaded is taken away, and the report that was made of it."""
    operation = Operation(
        id=_ID,
        kind="invalidate",
        state="moved",
        actor="cli ada@laptop",
        note="the archive was corrected",
        created_at=_AT,
        updated_at=_AT + 0.4,
        named=(_FACTS,),
        expires_at=_AT + 7 * 86_400,
    )
    none = dict.fromkeys(ITEM_STATES, 0)
    overview = Overview(operation, {**none, "trashed": 2}, {**none, "trashed": 71_300})
    item = Item(_ID, 0, _REPORT, Place(), "tasks.flights", "FlightsReport", _RENDER, _MONTH, True, 20_100, "trashed")
    return {
        "ConsequencesBody": {"urls": [_FACTS]},
        "ConsequencesDocument": consequences_json(_consequences()),
        "InvalidationBody": {"urls": [_FACTS], "note": "the archive was corrected"},
        "RetryBody": {"from_task": _LOAD},
        "UndoBody": {"even_if_running": False},
        "OperationDocument": operation_json(overview),
        "OperationsDocument": operations_json([overview], 50),
        "ItemsDocument": items_json([item], 100),
        "RunPartBody": {"run_id": run.id, "from_task": _LOAD},
    }


def _consequences() -> Consequences:
    tasks = (
        _task(_LOAD, "LoadFlights", Affected(_FACTS, "movable", "", 51_200)),
        _task(_RENDER, "FlightsReport", Affected(_REPORT, "movable", "", 20_100)),
    )
    return Consequences(tasks, Expectation("tasks", Span(4.1, 3.2, 6.0, 12)))


def _task(task_id: str, family: str, target: Affected) -> AffectedTask:
    return AffectedTask(task_id, family, Place(), "tasks.flights", _MONTH, family == "FlightsReport", (target,))
