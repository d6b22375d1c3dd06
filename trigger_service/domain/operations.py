"""Operations: targets that were moved out of the way as one, and can be put back as one until the trash expires."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, FrozenSet, Literal, Mapping, Optional, Tuple

from trigger_service.domain.place import Place
from trigger_service.domain.plan import Expectation
from trigger_service.domain.urls import shown_url

OperationKind = Literal["invalidate", "retry"]
#: moving -> moved, or -> undoing -> failed where a target refused: all are back in their places then.
#: moved -> undoing -> undone, or -> moving -> moved where one could not be put back.
#: moved | failed -> expiring -> expired.
OperationState = Literal["moving", "moved", "failed", "undoing", "undone", "expiring", "expired"]
ItemState = Literal["planned", "trashed", "absent", "restored", "purged"]

STATES: Tuple[OperationState, ...] = ("moving", "moved", "failed", "undoing", "undone", "expiring", "expired")
ITEM_STATES: Tuple[ItemState, ...] = ("planned", "trashed", "absent", "restored", "purged")
#: States in which targets are being moved: whatever happens, the operation will leave them.
ACTIVE: FrozenSet[OperationState] = frozenset({"moving", "undoing", "expiring"})
#: States in which something may wait in the trash.
HOLDING: FrozenSet[OperationState] = frozenset({"moved", "failed"})


@dataclass(frozen=True)
class Operation:
    """One invalidation. Times in seconds since the epoch."""

    id: str
    kind: OperationKind
    state: OperationState
    actor: str
    #: What a person gave as the reason.
    note: str
    created_at: float
    updated_at: float
    #: The URLs that were named; of a retry the task, or nothing for all of the run.
    named: Tuple[str, ...] = ()
    #: Why it did not go as it was asked for; empty where it did.
    reason: str = ""
    #: When the trash is emptied; None for never, or while nothing waits in it.
    expires_at: Optional[float] = None
    #: The run that is retried, and the one that retries it.
    retry_of: Optional[str] = None
    run_id: Optional[str] = None

    def evolve(self, **changes: Any) -> Operation:
        """A copy with `changes` applied."""
        return replace(self, **changes)

    def told(self) -> Dict[str, Any]:
        """As the record of changes has it."""
        named = [shown_url(url) for url in self.named]
        return {"kind": self.kind, "state": self.state, "named": named, "retry_of": self.retry_of}


@dataclass(frozen=True)
class Item:
    """A target of an operation, and the task that builds it."""

    operation: str
    position: int
    url: str
    place: Place
    module: str
    family: str
    task_id: str
    parameters: Mapping[str, str]
    #: Whether its task is the root of the run that is retried, with the private values of that.
    root: bool
    #: As it was looked at; None where nobody could say.
    bytes: Optional[int]
    state: ItemState = "planned"
    #: Why it is not as it should be; empty where it is.
    why: str = ""


@dataclass(frozen=True)
class Overview:
    """An operation, and how many of its targets, and bytes, are in which state."""

    operation: Operation
    counts: Mapping[ItemState, int]
    bytes: Mapping[ItemState, int]


@dataclass(frozen=True)
class Away:
    """Where a target is that an operation has moved: in the trash, or nowhere."""

    operation: str
    state: Literal["trashed", "purged"]
    #: When the operation was begun, in seconds since the epoch.
    since: float


@dataclass(frozen=True)
class Affected:
    """A target of a plan: what would become of it."""

    url: str
    #: movable, absent, kept or cannot, as `domain/moves.py` has it.
    status: str
    why: str = ""
    bytes: Optional[int] = None


@dataclass(frozen=True)
class AffectedTask:
    """A task of a plan, with its targets."""

    task_id: str
    family: str
    place: Place
    module: str
    parameters: Mapping[str, str]
    root: bool
    targets: Tuple[Affected, ...]


@dataclass(frozen=True)
class Consequences:
    """What an invalidation, or a retry, would move, and what stands in its way. Nothing is changed yet."""

    #: What is required stands first.
    tasks: Tuple[AffectedTask, ...]
    expectation: Expectation
    #: Live runs that build or read some of it.
    runs: Tuple[str, ...] = ()
    #: Operations that move some of it now.
    operations: Tuple[str, ...] = ()
    #: Why not every target was looked at; empty where each was.
    cut: str = ""

    def of(self, status: str) -> Tuple[Affected, ...]:
        """The targets of one status, each once."""
        found = {target.url: target for task in self.tasks for target in task.targets if target.status == status}
        return tuple(found.values())
