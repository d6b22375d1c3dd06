"""Examples of calendars and backfills for the OpenAPI document, by the name of the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trigger_service.domain.backfills import PART_STATES, Backfill, Overview, Part
from trigger_service.domain.calendars import Calendar, Item
from trigger_service.domain.run import RunRequest
from trigger_service.web.backfill_documents import backfill_json, backfills_json, calendar_json, parts_json

_AT = 1_769_000_000.0
_ID, _RUN = "019be1f4-5a10-7c21-8f0e-6a9b3c2d1e0f", "019be1f4-5a77-7d02-9a6b-0c4d2e8f7a11"
_RANGE = {
    "pipeline": "FlightsReport",
    "parameter": "month",
    "range": {"start": "2013-01", "stop": "2013-12"},
}
_CALENDAR = Calendar(
    "FlightsReport",
    "month",
    (
        Item("2013-01", "complete", "its output exists"),
        Item("2013-02", "missing", "data/report/2013-02.csv does not exist"),
    ),
)
_OVERVIEW = Overview(
    Backfill(
        id=_ID,
        request=RunRequest("FlightsReport", labels={"team": "data"}),
        parameter="month",
        order="newest",
        parallel=2,
        wish="running",
        actor="cli ada@laptop",
        created_at=_AT,
        updated_at=_AT,
    ),
    {**dict.fromkeys(PART_STATES, 0), "complete": 1, "waiting": 8, "started": 2, "succeeded": 1},
    _AT + 95.0,
)
_PARTS = (
    Part(_ID, 0, "2013-01", "complete"),
    Part(_ID, 11, "2013-12", "succeeded", "", _RUN, 1),
)
EXAMPLES: Mapping[str, Any] = {
    "CalendarBody": _RANGE,
    "CalendarDocument": calendar_json(_CALENDAR),
    "BackfillBody": {**_RANGE, "order": "newest", "parallel": 2, "labels": {"team": "data"}},
    "BackfillDocument": backfill_json(_OVERVIEW),
    "BackfillsDocument": backfills_json([_OVERVIEW], 50),
    "ChangeBody": {"paused": False, "parallel": 4},
    "PartsDocument": parts_json(_PARTS, 100),
}
