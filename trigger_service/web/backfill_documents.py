"""Calendars and backfills: what requests and replies contain, and how replies are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from trigger_service.domain.backfills import (
    MOST_PARALLEL,
    BackfillState,
    Order,
    Overview,
    Part,
    PartState,
)
from trigger_service.domain.calendars import Calendar, Status
from trigger_service.domain.errors import InvalidRequest, Problem
from trigger_service.domain.ranges import MOST_VALUES, Range
from trigger_service.service.calendars import Wanted
from trigger_service.web.replies import iso
from trigger_service.web.responses import Document
from trigger_service.web.schemas import Name, RunBody, Whole


class RangeBody(BaseModel):
    """From one value to another, or the last so many. Bounds are read as the parameter reads them."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    start: str | None = Field(default=None, max_length=100, description="The first value")
    stop: str | None = Field(
        default=None, max_length=100, description="The last value, included; left out: the newest period that is over"
    )
    last: int | None = Field(default=None, ge=1, le=MOST_VALUES, description="Instead of a start: the last so many")
    step: int = Field(default=1, ge=1, le=MOST_VALUES, description="Every so many of the values that there are")


class CalendarBody(RunBody):
    """A request for a run, without one of its parameters, and the values that this one is to have."""

    parameter: Name = Field(description="The parameter that has a value for each task")
    range: RangeBody | None = Field(default=None, description="Its values, where it is one of the calendar")
    values: list[Any] | None = Field(
        default=None, min_length=1, max_length=MOST_VALUES, description="Its values one by one, of any parameter"
    )

    def wanted(self) -> Wanted:
        """The same in the domain's words; raises InvalidRequest."""
        if (self.range is None) == (self.values is None):
            raise InvalidRequest(
                [Problem("", "Expected one of the members range and values: the values to ask about.")]
            )
        if self.range is not None:
            return Wanted(self.parameter, Range(**self.range.model_dump()))
        return Wanted(self.parameter, tuple(self.values or ()))


class BackfillBody(CalendarBody):
    """A request for a run of every value that is not complete."""

    order: Order = Field(default="oldest", description="Which value is the first, in the order of the range or list")
    parallel: int = Field(default=1, ge=1, le=MOST_PARALLEL, description="How many of its runs may be live at a time")


class ChangeBody(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    paused: bool | None = Field(default=None, description="Start no more runs; those that are live go on")
    parallel: int | None = Field(
        default=None, ge=1, le=MOST_PARALLEL, description="How many of its runs may be live from now on"
    )


class BackfillPath(BaseModel):
    """Which backfill."""

    backfill_id: str = Field(description="Its id, whole")


class BackfillsQuery(BaseModel):
    """Which page of backfills."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    cursor: str | None = Field(default=None, max_length=100, description="Go on after the page that gave this out")
    limit: Whole = Field(default=50, ge=1, le=500, description="At most so many")


class PartsQuery(BaseModel):
    """Which parts of a backfill to list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    state: list[PartState] = Field(default=[], description="Any of these (repeat it)")
    cursor: str | None = Field(default=None, max_length=100, description="Go on after the page that gave this out")
    limit: Whole = Field(default=100, ge=1, le=1000, description="At most so many")


class CalendarItemDocument(Document):
    """One value."""

    value: Any
    status: Status = Field(description="`unknown` where its task raised, or was not asked in time")
    reason: str


class CalendarCountsDocument(Document):
    """How many values are of each status."""

    complete: int
    missing: int
    unknown: int


class CalendarDocument(Document):
    """Of which values a pipeline is complete now."""

    pipeline: str
    parameter: str
    items: list[CalendarItemDocument] = Field(description="Each value once, as the parameter's own class writes it")
    counts: CalendarCountsDocument
    cut: str = Field(description="Why not every task was asked; empty where each was")
    printed: str = Field(description="What the tasks printed while they were asked, its beginning")


class PartCountsDocument(Document):
    """How many parts are of each state."""

    complete: int = Field(description="Complete before the backfill began")
    waiting: int
    started: int = Field(description="With a run that has not ended")
    succeeded: int
    failed: int = Field(description="With a run that failed, or that was refused")
    cancelled: int
    skipped: int


class BackfillDocument(Document):
    """A backfill, and how far it is."""

    id: str
    pipeline: str
    parameter: str
    order: Order
    parallel: int
    state: BackfillState
    total: int = Field(description="How many values it has")
    counts: PartCountsDocument
    expected_end: AwareDatetime | None = Field(
        description="As its own runs took, or those of the pipeline before; null where that cannot be told"
    )
    request: dict[str, Any] = Field(description="The members of a request for a run, without the parameter")
    actor: str
    created_at: AwareDatetime
    updated_at: AwareDatetime = Field(description="When somebody changed it last")


class BackfillsDocument(Document):
    """A page of backfills, newest first."""

    items: list[BackfillDocument]
    next_cursor: str | None


class PartDocument(Document):
    """One value of a backfill."""

    position: int = Field(description="In the range or list, from 0")
    value: Any
    state: PartState
    reason: str
    run_id: str | None = Field(description="Of its newest try")
    tries: int


class PartsDocument(Document):
    """A page of parts, in the order of their values."""

    items: list[PartDocument]
    next_cursor: str | None


def calendar_json(calendar: Calendar) -> dict[str, Any]:
    """A calendar."""
    return {
        "pipeline": calendar.pipeline,
        "parameter": calendar.parameter,
        "items": [vars(item) for item in calendar.items],
        "counts": calendar.counts(),
        "cut": calendar.cut,
        "printed": calendar.printed,
    }


def backfill_json(overview: Overview) -> dict[str, Any]:
    """A backfill."""
    backfill = overview.backfill
    return {
        "id": backfill.id,
        "pipeline": backfill.request.pipeline,
        "parameter": backfill.parameter,
        "order": backfill.order,
        "parallel": backfill.parallel,
        "state": overview.state,
        "total": sum(overview.counts.values()),
        "counts": overview.counts,
        "expected_end": iso(overview.expected_end),
        "request": {**asdict(backfill.request), "pools": list(backfill.request.pools)},
        "actor": backfill.actor,
        "created_at": iso(backfill.created_at),
        "updated_at": iso(backfill.updated_at),
    }


def backfills_json(found: Sequence[Overview], limit: int) -> dict[str, Any]:
    """A page of up to `limit`, of which one more was asked for."""
    shown = found[:limit]
    cursor = shown[-1].backfill.id if len(found) > limit else None
    return {"items": [backfill_json(overview) for overview in shown], "next_cursor": cursor}


def parts_json(found: Sequence[Part], limit: int) -> dict[str, Any]:
    """A page of up to `limit` parts, of which one more was asked for."""
    shown = found[:limit]
    items = [{name: value for name, value in vars(part).items() if name != "backfill"} for part in shown]
    return {"items": items, "next_cursor": str(shown[-1].position) if len(found) > limit else None}
