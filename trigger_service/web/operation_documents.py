"""Operations: what requests and replies contain, and how replies are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from trigger_service.domain.errors import InvalidRequest, Problem
from trigger_service.domain.operations import (
    ITEM_STATES,
    Consequences,
    Item,
    ItemState,
    OperationKind,
    OperationState,
    Overview,
)
from trigger_service.domain.target_writes import LONGEST
from trigger_service.domain.urls import shown_text, shown_url
from trigger_service.service.operations import Wish
from trigger_service.web.rendering import expectation_json
from trigger_service.web.replies import iso
from trigger_service.web.responses import Document, ExpectationDocument
from trigger_service.web.schemas import Whole

Url = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
#: URLs that are named in one request.
MOST_URLS = 1000
_EVEN = "Move them although live runs build or read some of them"


class RunPartBody(BaseModel):
    """A run's targets: all of them, or those of a task and of what requires it."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    run_id: str = Field(min_length=1, max_length=100, description="Id of a run that has ended")
    from_task: str | None = Field(
        default=None, min_length=1, max_length=2000, description="Id of the task to begin with; left out: everything"
    )


class ConsequencesBody(BaseModel):
    """What would be moved: targets by their URLs, or what a run has built."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    urls: list[Url] = Field(
        default=[], max_length=MOST_URLS, description="Targets, by URL; files by their absolute paths"
    )
    downstream: bool = Field(default=True, description="With `urls`: also all that was built from them")
    run: RunPartBody | None = Field(default=None, description="Instead of `urls`")

    def wish(self) -> Wish:
        """The same in the service's words; raises InvalidRequest."""
        if bool(self.urls) == (self.run is not None):
            raise InvalidRequest([Problem("/urls", "Expected urls (at least one), or run, and not both.")])
        if self.run is None:
            return Wish(tuple(dict.fromkeys(self.urls)), self.downstream)
        return Wish(run_id=self.run.run_id, from_task=self.run.from_task)


class InvalidationBody(BaseModel):
    """Which targets to move into the trash."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    urls: list[Url] = Field(
        min_length=1, max_length=MOST_URLS, description="Targets, by URL; files by their absolute paths"
    )
    downstream: bool = Field(default=True, description="Also all that was built from them, in every pipeline")
    even_if_running: bool = Field(default=False, description=_EVEN)
    note: str = Field(default="", max_length=1000, description="Why, for the record")

    def wish(self) -> Wish:
        """The same in the service's words."""
        return Wish(tuple(dict.fromkeys(self.urls)), self.downstream)


class RetryBody(BaseModel):
    """What of a run is built again although it is there; with neither `from_task` nor `everything` nothing is."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    from_task: str | None = Field(
        default=None, min_length=1, max_length=2000, description="Id of a task of the run: it, and what requires it"
    )
    everything: bool = Field(default=False, description="Whatever the run has built or found complete")
    even_if_running: bool = Field(default=False, description=_EVEN)
    note: str = Field(default="", max_length=1000, description="Why, for the record")

    def wish(self, run_id: str) -> Wish | None:
        """The same in the service's words; None for nothing to move. Raises InvalidRequest."""
        if self.everything and self.from_task is not None:
            raise InvalidRequest([Problem("/from_task", "Expected from_task or everything, not both.")])
        moves = self.everything or self.from_task is not None
        return Wish(run_id=run_id, from_task=self.from_task) if moves else None


class UndoBody(BaseModel):
    """How an operation is undone."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    even_if_running: bool = Field(default=False, description="Although live runs build or read some of the targets")


class OperationPath(BaseModel):
    """Which operation."""

    operation_id: str = Field(description="The operation's id, whole")


class OperationsQuery(BaseModel):
    """Which operations to list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    state: list[OperationState] = Field(default=[], description="Only of these states (repeat it)")
    run: str | None = Field(default=None, max_length=100, description="Of a run: that retries, or is retried")
    cursor: str | None = Field(default=None, max_length=100, description="Go on after the page that gave this out")
    limit: Whole = Field(default=50, ge=1, le=500, description="At most so many")


class ItemsQuery(BaseModel):
    """Which of its targets to list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    cursor: str | None = Field(default=None, max_length=20, description="Go on after the page that gave this out")
    limit: Whole = Field(default=100, ge=1, le=1000, description="At most so many")


class AffectedTargetDocument(Document):
    """A target, and what would become of it."""

    url: str = Field(description="Absolute path of a file, or a URL; empty for a task without one")
    status: Literal["movable", "absent", "kept", "cannot"] = Field(
        description="`absent`: nothing is there. `kept`: external data, which no task can build. `cannot`: it refuses "
        "everything"
    )
    why: str = Field(description="Why it is kept, or cannot be moved")
    bytes: int | None = Field(description="Null where nobody can say")


class AffectedTaskDocument(Document):
    """A task whose targets would be moved, and which would run again."""

    task_id: str
    family: str
    parameters: dict[str, str]
    location: str
    environment: str
    targets: list[AffectedTargetDocument]


class ConsequencesDocument(Document):
    """What would be moved, and what stands in the way. Nothing is changed yet."""

    tasks: list[AffectedTaskDocument] = Field(description="Those that are required stand first")
    targets: int = Field(description="Targets that would be moved")
    bytes: int = Field(description="Of them, as far as that is known")
    expected: ExpectationDocument
    possible: bool = Field(description="Whether nothing stands in the way")
    runs: list[str] = Field(description="Live runs that build or read some of them: they stand in the way")
    operations: list[str] = Field(description="Operations that move some of them now: they stand in the way")
    cut: str = Field(description="Why not every target was looked at; empty where each was")


class ItemCountsDocument(Document):
    """Numbers by what has become of targets."""

    planned: int
    trashed: int
    absent: int
    restored: int
    purged: int


class OperationDocument(Document):
    """Targets that were moved into the trash as one."""

    id: str
    kind: OperationKind
    state: OperationState = Field(
        description="`moving`, `undoing` and `expiring` pass by themselves; `failed`: something could not be moved, so "
        "everything was put back"
    )
    reason: str = Field(description="Why it did not go as it was asked for; empty where it did")
    actor: str
    note: str
    named: list[str] = Field(description="URLs that were asked for; of a retry the task to begin with, or nothing")
    retry_of: str | None = Field(description="The run that is retried")
    run_id: str | None = Field(description="The run that builds again what was moved")
    created_at: AwareDatetime
    updated_at: AwareDatetime
    expires_at: AwareDatetime | None = Field(description="When what waits in the trash is deleted; null for never")
    counts: ItemCountsDocument = Field(description="Targets")
    bytes: ItemCountsDocument = Field(description="Bytes, as far as that was known")


class OperationsDocument(Document):
    """Operations, newest first."""

    items: list[OperationDocument]
    next_cursor: str | None


class ItemDocument(Document):
    """A target of an operation."""

    url: str
    state: ItemState
    why: str = Field(description="Why it is not as it should be; empty where it is")
    bytes: int | None
    task_id: str
    family: str
    location: str
    environment: str


class ItemsDocument(Document):
    """Targets of an operation, in the order in which they are moved."""

    items: list[ItemDocument]
    next_cursor: str | None


def consequences_json(found: Consequences) -> dict[str, Any]:
    """What would be moved."""
    movable, cannot = found.of("movable"), found.of("cannot")
    return {
        "tasks": [
            {
                "task_id": task.task_id,
                "family": task.family,
                "parameters": dict(task.parameters),
                "location": task.place.location,
                "environment": task.place.environment,
                "targets": [
                    {**vars(target), "url": shown_url(target.url), "why": shown_text(target.why)}
                    for target in task.targets
                ],
            }
            for task in found.tasks
        ],
        "targets": len(movable),
        "bytes": sum(target.bytes or 0 for target in movable),
        "expected": expectation_json(found.expectation),
        "possible": not (cannot or found.runs or found.operations or found.cut),
        "runs": list(found.runs),
        "operations": list(found.operations),
        "cut": found.cut,
    }


def operation_json(overview: Overview) -> dict[str, Any]:
    """An operation."""
    operation = overview.operation
    return {
        **{name: getattr(operation, name) for name in ("id", "kind", "state", "actor", "note")},
        "reason": shown_text(operation.reason),
        "named": [shown_url(url) for url in operation.named],
        "retry_of": operation.retry_of,
        "run_id": operation.run_id,
        "created_at": iso(operation.created_at),
        "updated_at": iso(operation.updated_at),
        "expires_at": iso(operation.expires_at),
        "counts": {state: overview.counts[state] for state in ITEM_STATES},
        "bytes": {state: overview.bytes[state] for state in ITEM_STATES},
    }


def operations_json(found: Sequence[Overview], limit: int) -> dict[str, Any]:
    """A page of operations, of which one more was read."""
    shown = found[:limit]
    cursor = shown[-1].operation.id if len(found) > limit else None
    return {"items": [operation_json(each) for each in shown], "next_cursor": cursor}


def items_json(found: Sequence[Item], limit: int) -> dict[str, Any]:
    """A page of targets, of which one more was read."""
    shown = found[:limit]
    names = ("state", "bytes", "task_id", "family")
    return {
        "items": [
            {
                "url": shown_url(item.url),
                "why": shown_text(item.why),
                **{name: getattr(item, name) for name in names},
                "location": item.place.location,
                "environment": item.place.environment,
            }
            for item in shown
        ],
        "next_cursor": str(shown[-1].position) if len(found) > limit else None,
    }
