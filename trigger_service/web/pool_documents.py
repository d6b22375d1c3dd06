"""Pools and the record of changes: what requests and replies contain, and how replies are made."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from trigger_service.domain.admission import Candidate
from trigger_service.domain.audit import AuditRow
from trigger_service.domain.pools import MOST, Pool
from trigger_service.web.replies import iso
from trigger_service.web.responses import Document
from trigger_service.web.schemas import Whole


class PoolPath(BaseModel):
    """Which pool."""

    name: str = Field(description="`all`, `pipeline:` and a task family, or a name of its own")


class PoolsQuery(BaseModel):
    """How much of each queue to show."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    limit: Whole = Field(default=100, ge=0, le=10_000, description="The first so many runs of each queue")


class PoolBody(BaseModel):
    """How many runs may hold a slot."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    slots: int = Field(ge=0, le=MOST, description="Runs that may be live at once; 0 for no limit")


class AuditQuery(BaseModel):
    """Which changes to list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    subject: str | None = Field(default=None, max_length=500, description="Only of this: `pool warehouse`")
    before: Whole | None = Field(default=None, ge=0, le=2**53, description="Older than the change with this id")
    limit: Whole = Field(default=50, ge=1, le=500, description="At most so many")


class HolderDocument(Document):
    """A live run that holds a slot."""

    run_id: str
    pipeline: str


class WaitingDocument(Document):
    """A queued run that waits for a slot."""

    run_id: str
    pipeline: str
    priority: int
    created_at: AwareDatetime
    reason: str


class PoolDocument(Document):
    """A limit, who holds its slots, and who waits for one."""

    name: str
    slots: int = Field(description="0 for no limit")
    configured: int | None = Field(description="What luigi.cfg says; null where it has no pool of this name")
    resized: bool = Field(description="Whether its slots were set since, and so count instead")
    holders: list[HolderDocument]
    waiting: int = Field(description="How many runs wait for it, with those beyond the limit")
    queue: list[WaitingDocument] = Field(description="In the order in which they come")


class PoolsDocument(Document):
    """All pools."""

    items: list[PoolDocument]


class AuditRowDocument(Document):
    """A change that somebody has made; `before` and `after` are null where there was, or is, none."""

    id: int
    time: AwareDatetime
    actor: str
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditDocument(Document):
    """Changes, newest first."""

    items: list[AuditRowDocument]


def pool_json(pool: Pool, limit: int) -> dict[str, Any]:
    """A pool with the first `limit` runs of its queue."""
    queue = [
        {
            **_run(waiting.run),
            "priority": waiting.run.priority,
            "created_at": iso(waiting.run.created_at),
            "reason": waiting.reason,
        }
        for waiting in pool.queue[:limit]
    ]
    told = {"name": pool.name, "slots": pool.slots, "configured": pool.configured, "resized": pool.resized}
    return {**told, "holders": [_run(run) for run in pool.holders], "waiting": len(pool.queue), "queue": queue}


def audit_json(row: AuditRow) -> dict[str, Any]:
    """A change."""
    return {"id": row.id, "time": iso(row.time), **asdict(row.change)}


def _run(run: Candidate) -> dict[str, Any]:
    return {"run_id": run.id, "pipeline": run.pipeline}
