"""A run: one request to bring one task to completion; its states and every allowed change between them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Dict, FrozenSet, Literal, Mapping, Optional, Tuple

from trigger_service.domain.place import DEFAULT, Place

RunState = Literal["queued", "starting", "running", "cancelling", "succeeded", "failed", "cancelled"]
AttemptState = Literal["starting", "running", "ended", "lost"]
TaskStatus = Literal["pending", "running", "done", "failed", "complete", "disabled", "unknown"]
TriggerKind = Literal["api", "cli", "form", "schedule", "webhook", "file", "pipeline", "backfill", "retry"]
IfActive = Literal["run", "attach", "reject"]

#: From each state, the states that may follow it. A state that nothing follows is final.
TRANSITIONS: Mapping[RunState, FrozenSet[RunState]] = {
    "queued": frozenset({"starting", "cancelled", "failed"}),
    "starting": frozenset({"running", "queued", "failed", "cancelling"}),
    "running": frozenset({"succeeded", "failed", "cancelling", "queued"}),
    "cancelling": frozenset({"cancelled", "succeeded", "failed"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
FINAL: FrozenSet[RunState] = frozenset(state for state, after in TRANSITIONS.items() if not after)
#: States in which a run holds its slots.
LIVE: FrozenSet[RunState] = frozenset({"starting", "running", "cancelling"})


def may_change(before: RunState, after: RunState) -> bool:
    """Whether a run in state `before` may go to state `after`."""
    return after in TRANSITIONS[before]


@dataclass(frozen=True)
class Trigger:
    """Why a run exists: the kind, and who or what pulled it (an address, a user, a schedule, the retried run)."""

    kind: TriggerKind
    by: str = ""


@dataclass(frozen=True)
class RunRequest:
    """What somebody asked for, before it is validated against the pipeline's parameters."""

    pipeline: str
    #: JSON values by parameter name, as they were sent.
    parameters: Mapping[str, Any] = field(default_factory=dict)
    #: None for the one that has the pipeline.
    location: Optional[str] = None
    environment: str = DEFAULT
    #: How many tasks may run at a time; None for what `[core] workers` of the project says.
    workers: Optional[int] = None
    #: Higher goes first.
    priority: int = 0
    pools: Tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    #: Seconds from the start of an attempt; None for no limit.
    timeout_s: Optional[float] = None
    #: How many attempts there may be when attempts are lost (a host gone, an OOM kill).
    max_attempts: int = 1
    if_active: IfActive = "run"
    #: The module that has the pipeline; empty where only one has it.
    module: str = ""
    #: The preset over which the parameters are laid; empty for none.
    preset: str = ""


@dataclass(frozen=True)
class RunError:
    """Why a run failed: the class of the error, its message, and where it is known the task and its traceback."""

    type: str
    message: str
    task_id: Optional[str] = None
    traceback: Optional[str] = None

    def to_json(self) -> Dict[str, Any]:
        """The object that the API and `exit.json` show."""
        return {"type": self.type, "message": self.message, "task_id": self.task_id, "traceback": self.traceback}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunError:
        """Read what `to_json` gave."""
        return cls(value["type"], value["message"], value.get("task_id"), value.get("traceback"))


@dataclass(frozen=True)
class Progress:
    """How many tasks of a run there are (those of its tree known so far), and how many of them are in which state.

    `done` includes the tasks that were complete before.
    """

    total: int = 0
    done: int = 0
    failed: int = 0
    running: int = 0

    def to_json(self) -> Dict[str, int]:
        """The object that the API shows."""
        return {"total": self.total, "done": self.done, "failed": self.failed, "running": self.running}


@dataclass(frozen=True)
class Run:
    """One row of the table of runs. Times are seconds since the epoch, UTC."""

    id: str
    state: RunState
    pipeline: str
    module: str
    #: JSON values by parameter name, normalized.
    parameters: Mapping[str, Any]
    #: The same values as Luigi serializes them: what a child gives to `from_str_params`.
    texts: Mapping[str, str]
    #: Luigi's id of the root task.
    task_id: str
    trigger: Trigger
    created_at: float
    reason: str = ""
    location: str = DEFAULT
    environment: str = DEFAULT
    workers: int = 1
    priority: int = 0
    pools: Tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    timeout_s: Optional[float] = None
    max_attempts: int = 1
    #: Number of the newest attempt; 0 before the first.
    attempt: int = 0
    started_at: Optional[float] = None
    finished_at: Optional[float] = None
    cancel_requested_at: Optional[float] = None
    #: Whether the root's outputs or `complete()` vouch for the success; None until the run has succeeded.
    verified: Optional[bool] = None
    progress: Progress = field(default_factory=Progress)
    error: Optional[RunError] = None
    #: The run that this one retries.
    retry_of: Optional[str] = None
    #: Of the code that judged the parameters and then, once it has started, of that which the newest attempt runs.
    code_fingerprint: str = ""
    #: The commit of that code; None where it is in no checkout, or its attempt has not started.
    code_commit: Optional[str] = None
    #: Whether a file that the code was read from is not as the commit has it.
    code_dirty: Optional[bool] = None

    @property
    def place(self) -> Place:
        """Where it runs."""
        return Place(self.location, self.environment)

    def evolve(self, **changes: Any) -> Run:
        """A copy with `changes` applied."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Attempt:
    """One launched child working on a run."""

    run_id: str
    number: int
    state: AttemptState
    started_at: float
    ended_at: Optional[float] = None
    #: The launcher's handle as JSON, stored so that a restarted service can adopt the child; None until it is known.
    handle: Optional[Mapping[str, Any]] = None
    #: How it ended, in one line.
    reason: str = ""


@dataclass(frozen=True)
class TaskExecution:
    """One Luigi task instance handled in an attempt. Times are seconds since the epoch."""

    run_id: str
    attempt: int
    task_id: str
    family: str
    status: TaskStatus
    parameters: Mapping[str, str] = field(default_factory=dict)
    dependencies: Tuple[str, ...] = ()
    #: URIs (or, for targets that have none, their text) of the declared outputs.
    outputs: Tuple[str, ...] = ()
    started_at: Optional[float] = None
    finished_at: Optional[float] = None
    pid: Optional[int] = None
    #: How often `run()` was entered in this attempt (a dynamic task that resumes counts once).
    executions: int = 0
    #: Percent, as the task reported it.
    progress: Optional[float] = None
    message: Optional[str] = None
    tracking_url: Optional[str] = None
    #: The traceback of the last failure, or the reason why it cannot run.
    explanation: Optional[str] = None
    #: Who builds it, when this run waits for another: "run <id>" or "<host> pid <n>".
    waiting_for: Optional[str] = None
    #: Who did it, where another did: as above, empty where it is not known who. None where none did.
    done_by: Optional[str] = None
    #: Where in the user's code it failed last, with the lines around: file, line, function, first, lines.
    raised: Optional[Mapping[str, Any]] = None
    #: Seconds of processors that its last execution used, with the processes that it started; None until it ended.
    cpu_s: Optional[float] = None
    #: The most memory that the process had meanwhile in which it ran, in bytes.
    peak_bytes: Optional[int] = None

    def evolve(self, **changes: Any) -> TaskExecution:
        """A copy with `changes` applied."""
        return replace(self, **changes)
