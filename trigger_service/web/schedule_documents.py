"""Schedules: what requests and replies contain, and how replies are made."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from trigger_service.domain.schedule import DAY_S, MOST, Kind, Misfire, Overlap, Timing, Upcoming
from trigger_service.domain.scheduled import Fire, FireState, Schedule
from trigger_service.web.replies import iso
from trigger_service.web.responses import Document
from trigger_service.web.schemas import RunBody, Whole


class TimingBody(BaseModel):
    """When a schedule fires, and what becomes of fires that were late or meet a run of before."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    kind: Kind = Field(default="cron", description="How `expression` is read")
    expression: str = Field(
        max_length=1000, description="Five fields of cron or an @-name; `15 minutes`; `2026-03-29T08:00`"
    )
    timezone: str = Field(default="UTC", max_length=100, description="IANA name in which local times are meant")
    start: str | None = Field(default=None, max_length=100, description="No fire is before this time")
    end: str | None = Field(default=None, max_length=100, description="No fire is after this time")
    jitter_s: float = Field(default=0, ge=0, le=DAY_S, allow_inf_nan=False, description="Fires are put off by up to it")
    misfire: Misfire = Field(default="once", description="Of late fires none is made up for, one for all, or each")
    misfire_limit: int = Field(default=100, ge=1, le=MOST, description="How many `all` makes up for at most")
    grace_s: float = Field(default=60, ge=0, le=DAY_S, allow_inf_nan=False, description="Late is what is later than it")
    overlap: Overlap = Field(
        default="allow",
        description="While a run of the schedule lives a fire starts beside it, waits for its end, is skipped, or "
        "cancels it and takes its place",
    )

    def timing(self) -> Timing:
        """The same in the domain's words."""
        return Timing(**self.model_dump())


class ScheduleBody(RunBody):
    """A request that is made again and again; texts in its parameters are templates of the fire time."""

    timing: TimingBody


class PreviewBody(BaseModel):
    """A timing whose fires are to be shown."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    timing: TimingBody
    count: int = Field(default=10, ge=1, le=500, description="The next so many fires")


class PauseBody(BaseModel):
    """Whether it is to be paused."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    paused: bool = Field(description="Paused, or going on")


class SchedulePath(BaseModel):
    """Which schedule."""

    name: str = Field(description="Its name")


class FiresQuery(BaseModel):
    """Which fires to list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    before: Whole | None = Field(
        default=None, ge=-(2**53), le=2**53, description="Before this fire time, in epoch seconds"
    )
    limit: Whole = Field(default=50, ge=1, le=500, description="At most so many")


class TimingDocument(Document):
    """When a schedule fires, with everything that was left out."""

    kind: Kind
    expression: str
    timezone: str
    start: str | None
    end: str | None
    jitter_s: float
    misfire: Misfire
    misfire_limit: int
    grace_s: float
    overlap: Overlap


class ScheduleDocument(Document):
    """A schedule."""

    name: str
    timing: TimingDocument
    request: dict[str, Any] = Field(description="The members of a request for a run; parameters are templates")
    paused: bool
    next_fire: AwareDatetime | None = Field(description="Null while it is paused, and after the last fire")
    due_at: AwareDatetime | None = Field(description="The next fire with its jitter")
    created_at: AwareDatetime
    updated_at: AwareDatetime
    managed_by: str = Field(description="The file that it stands in; empty where people made it")


class SchedulesDocument(Document):
    """All schedules."""

    items: list[ScheduleDocument]


class FireDocument(Document):
    """A fire that is over, or waits for its run."""

    fire_time: AwareDatetime
    at: int = Field(description="The same in seconds since the epoch")
    state: FireState
    reason: str
    run_id: str | None
    recorded_at: AwareDatetime
    count: int = Field(description="Above 1 where it stands for others that were missed before it")


class FiresDocument(Document):
    """Fires, newest first."""

    items: list[FireDocument]


class UpcomingDocument(Document):
    """A fire that will be."""

    at: int = Field(description="Seconds since the epoch, without the jitter")
    local: str
    utc: str
    offset: str
    note: str | None = Field(description="What a change of the clocks does to it")


class PreviewDocument(Document):
    """The next fires of a timing."""

    items: list[UpcomingDocument]


def schedule_json(schedule: Schedule) -> dict[str, Any]:
    """A schedule."""
    return {
        "name": schedule.name,
        "timing": asdict(schedule.timing),
        "request": {**asdict(schedule.request), "pools": list(schedule.request.pools)},
        "paused": schedule.paused,
        "next_fire": iso(schedule.next_fire),
        "due_at": iso(schedule.due_at),
        "created_at": iso(schedule.created_at),
        "updated_at": iso(schedule.updated_at),
        "managed_by": schedule.managed_by,
    }


def fire_json(fire: Fire) -> dict[str, Any]:
    """A fire."""
    return {
        "fire_time": iso(fire.fire_time),
        "at": fire.fire_time,
        "state": fire.state,
        "reason": fire.reason,
        "run_id": fire.run_id,
        "recorded_at": iso(fire.recorded_at),
        "count": fire.count,
    }


def preview_json(upcoming: tuple[Upcoming, ...]) -> dict[str, Any]:
    """The next fires."""
    return {"items": [fire.to_json() for fire in upcoming]}
