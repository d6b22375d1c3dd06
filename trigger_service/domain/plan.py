"""What a run would do now, task by task: what the walk through the tree finds, and what a plan says of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Dict, List, Literal, Mapping, Optional, Tuple

#: What asking one task has shown: `ready` could run once its requirements are complete, `dynamic` as well, but its
#: `run` is a generator; `missing` is external and not complete, `withheld` is left out by Luigi, `broken` raised.
FindingKind = Literal["complete", "ready", "dynamic", "missing", "withheld", "broken"]
PlanState = Literal["complete", "will_run", "blocked", "shared", "unknown", "error"]
#: In the order in which they are told.
STATES: Tuple[PlanState, ...] = ("complete", "will_run", "shared", "unknown", "blocked", "error")


@dataclass(frozen=True)
class Fault:
    """What a task raised when it was asked, and where."""

    #: Luigi's id of the task; empty where the task could not even be made.
    task_id: str
    #: The method of the task that raised: complete, requires, output, ...
    method: str
    type: str
    message: str
    #: The place in the user's code, relative to the project where it is in it; empty and 0 where there is none.
    file: str = ""
    line: int = 0
    traceback: str = ""


@dataclass(frozen=True)
class Finding:
    """One task of the tree, as it answered."""

    task_id: str
    family: str
    kind: FindingKind
    #: One sentence: why it is of this kind.
    why: str
    #: Public parameters as Luigi serializes them.
    parameters: Mapping[str, str] = field(default_factory=dict)
    #: Ids of the tasks that it requires; those of a complete task are not looked at.
    requires: Tuple[str, ...] = ()
    outputs: Tuple[str, ...] = ()
    #: What it raised; a `broken` task always has one, another one where something else than Luigi's question failed.
    fault: Optional[Fault] = None
    #: Whether it has private values that make it another task than one of the same id in a run with other ones.
    private: bool = False

    def to_json(self) -> Dict[str, Any]:
        """The object in the plan's file."""
        fault = asdict(self.fault) if self.fault else None
        return {**self.__dict__, "fault": fault}  # `asdict` copies what need not be copied, for each of 10 000 tasks

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Finding:
        """Read what `to_json` gave."""
        fault = Fault(**value["fault"]) if value["fault"] else None
        return cls(
            **{**value, "requires": tuple(value["requires"]), "outputs": tuple(value["outputs"]), "fault": fault}
        )


@dataclass(frozen=True)
class Walk:
    """Everything that the walk has found, in the order in which it found it."""

    findings: Tuple[Finding, ...]
    #: Why the walk ended before it was through; empty where it was.
    cut: str = ""
    #: Why Luigi would refuse the run as a whole, so that nothing of it would run.
    refusal: Optional[Fault] = None
    #: What the tasks printed while they were asked, its beginning.
    printed: str = ""


@dataclass(frozen=True)
class Span:
    """A duration in seconds with its spread: the middle, the tenth and the ninetieth percentile of `samples` values."""

    seconds: float
    low: float
    high: float
    samples: int


@dataclass(frozen=True)
class Builder:
    """A live run that builds a task, or is going to."""

    run_id: str
    running: bool


@dataclass(frozen=True)
class PlannedTask:
    """One task of a plan."""

    task_id: str
    family: str
    state: PlanState
    why: str
    parameters: Mapping[str, str]
    requires: Tuple[str, ...]
    outputs: Tuple[str, ...]
    #: The tasks that it waits for in vain: missing external data, or what cannot be run; the first few.
    blocked_by: Tuple[str, ...] = ()
    #: The live run that builds it.
    run_id: Optional[str] = None
    fault: Optional[Fault] = None
    #: From its family's history; None where there is none, or nothing to run.
    expected: Optional[Span] = None


@dataclass(frozen=True)
class Expectation:
    """How long the run would take. `basis` says what that is taken from."""

    basis: Literal["tasks", "runs", "nothing to run", "no history"]
    span: Optional[Span] = None
    #: Families that would run and have no history; with basis `tasks` they make `span` a lower bound.
    without_history: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What a run would do now."""

    pipeline: str
    task_id: str
    parameters: Mapping[str, Any]
    #: In the order in which they would run: what is required stands first.
    tasks: Tuple[PlannedTask, ...]
    expectation: Expectation
    cut: str = ""
    refusal: Optional[Fault] = None
    printed: str = ""

    def blockers(self) -> List[PlannedTask]:
        """The tasks that cannot be done themselves, whatever becomes of the others: where somebody has to act."""
        return [task for task in self.tasks if task.state in ("blocked", "error") and not task.blocked_by]

    def counts(self) -> Dict[PlanState, int]:
        """Number of tasks by state, states without tasks included."""
        counts: Dict[PlanState, int] = dict.fromkeys(STATES, 0)
        for task in self.tasks:
            counts[task.state] += 1
        return counts
