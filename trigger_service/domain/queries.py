"""What is asked of the records, and the shapes of the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterator, Mapping, NamedTuple, Optional, Tuple

from trigger_service.domain.logs import LogLine
from trigger_service.domain.run import Run, RunState, TaskExecution, TaskStatus, TriggerKind


@dataclass(frozen=True)
class Idempotency:
    """A client's promise that requests with the same key are the same request. Keys live for 7 days."""

    #: Whose key it is; keys of different credentials never meet.
    credential: str
    key: str
    #: Digest of the request's body.
    body_hash: str


@dataclass(frozen=True)
class RunFilter:
    """Which runs to list; every field that is set has to hold. Times are seconds since the epoch."""

    #: Any of these.
    states: Tuple[RunState, ...] = ()
    #: Or one of these runs; None where the states alone count.
    ids: Optional[Tuple[str, ...]] = None
    pipeline: Optional[str] = None
    location: Optional[str] = None
    environment: Optional[str] = None
    trigger: Optional[TriggerKind] = None
    #: Who or what pulled the trigger.
    by: Optional[str] = None
    labels: Mapping[str, str] = field(default_factory=dict)
    #: By name: the value as Luigi serializes it.
    parameters: Mapping[str, str] = field(default_factory=dict)
    #: Stands, in any case, in the id, pipeline, parameters, labels, reason or message of the error.
    text: Optional[str] = None
    created_after: Optional[float] = None
    created_before: Optional[float] = None


@dataclass(frozen=True)
class RunPage:
    """Some runs, newest first, and the cursor of those after them; None where these were the last."""

    runs: Tuple[Run, ...]
    next_cursor: Optional[str]
    #: The moment back to which runs were looked at, where that was not all: the cursor goes on from there.
    looked_to: Optional[float] = None


class RunGlance(NamedTuple):
    """What lists and charts of many runs show of one: a tuple, for thousands are made at a time.

    Times are seconds since the epoch.
    """

    id: str
    pipeline: str
    location: str
    state: RunState
    created_at: float
    started_at: Optional[float]
    finished_at: Optional[float]
    attempt: int
    #: Of its tasks.
    done: int
    total: int

    @property
    def took_s(self) -> Optional[float]:
        """Seconds from its first start to its end; None where it has none of both."""
        if self.started_at is None or self.finished_at is None:
            return None
        return max(0.0, self.finished_at - self.started_at)


@dataclass(frozen=True)
class FamilyTasks:
    """Tasks of one family and one status in a run."""

    family: str
    status: TaskStatus
    count: int
    #: One of them.
    task_id: str
    #: Whether another run, or a worker besides, has done them.
    done_elsewhere: bool = False
    #: Whether they still ran when their attempt ended.
    abandoned: bool = False


@dataclass(frozen=True)
class JournalRow:
    """One thing that happened to a run, in the order in which the service learnt of it (`id`).

    `kind` is one of `domain.events`, or `state` for a change of the run's state: data {from, to, actor, reason}.
    """

    id: int
    time: float
    kind: str
    task: Optional[str]
    data: Mapping[str, Any]


@dataclass(frozen=True)
class LogFilter:
    """Which lines to give; every field that is set has to hold."""

    #: The least level, one of `domain.logs.LEVELS`.
    level: Optional[str] = None
    #: A task id, or a family for all of its tasks.
    task: Optional[str] = None
    stream: Optional[str] = None
    #: Stands, in any case, in the text.
    text: Optional[str] = None
    #: An expression in RE2's syntax that matches somewhere in the text.
    regex: Optional[str] = None


@dataclass(frozen=True)
class LogExtent:
    """How far the log of a run reached at one moment: the bytes of each attempt's file, oldest first."""

    run_id: str
    bytes: Tuple[int, ...]


@dataclass(frozen=True)
class TaskGraph:
    """Tasks of a run's newest attempt and what they require of each other, the first that were discovered.

    Luigi discovers breadth first: what a limit leaves out is what lies furthest from the root.
    """

    attempt: int
    #: How many tasks there are, shown or not.
    total: int
    tasks: Tuple[TaskExecution, ...]

    def edges(self) -> Iterator[Tuple[str, str]]:
        """Task and task that it requires, of those shown."""
        shown = {task.task_id for task in self.tasks}
        for task in self.tasks:
            for required in task.dependencies:
                if required in shown:
                    yield task.task_id, required


@dataclass(frozen=True)
class LogPage:
    """Some lines in the order in which they were written.

    `next_cursor` goes on after them, also when more lines are written later; `complete` says that none ever will be.
    A page may hold fewer lines than asked for (even none) and not be the last.
    """

    lines: Tuple[LogLine, ...]
    next_cursor: str
    complete: bool
