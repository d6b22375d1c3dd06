"""How events change what is known of a task execution. Pure."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional

from trigger_service.domain.events import RunEvent
from trigger_service.domain.run import Progress, TaskExecution

Change = Callable[[TaskExecution, RunEvent], Dict[str, Any]]

#: Statuses in which a task needs no more work.
DONE = frozenset({"done", "complete"})
BROKEN = frozenset({"failed", "disabled"})


def apply(task: Optional[TaskExecution], event: RunEvent, run_id: str, attempt: int) -> Optional[TaskExecution]:
    """The task execution after `event`; None for an event that is about no task."""
    if event.task is None:
        return task
    known = task or TaskExecution(run_id, attempt, event.task, event.task.split("_", 1)[0], "unknown")
    return known.evolve(**_changes(known, event))


def _changes(task: TaskExecution, event: RunEvent) -> Dict[str, Any]:
    change = _CHANGES.get(event.kind)
    return change(task, event) if change else {}


def _discovered(task: TaskExecution, event: RunEvent) -> Dict[str, Any]:
    data = event.data
    return {
        "family": data["family"],
        "parameters": data["parameters"],
        "dependencies": tuple(dict.fromkeys((*task.dependencies, *data["dependencies"]))),
        "outputs": tuple(data["outputs"]),
        "status": data["status"],
        "waiting_for": None,
    }


def _began(task: TaskExecution, event: RunEvent) -> Dict[str, Any]:
    resumed = task.started_at is not None and event.data.get("resumed", False)
    return {
        "status": "running",
        "pid": event.data["pid"],
        "started_at": task.started_at if resumed else event.time,
        "finished_at": None,
        "executions": task.executions + (0 if resumed else 1),
        "waiting_for": None,
        "done_by": None,
        "raised": None,
        **({} if resumed else {"cpu_s": None, "peak_bytes": None}),
    }


def _ended(task: TaskExecution, event: RunEvent) -> Dict[str, Any]:
    changes: Dict[str, Any] = {} if event.data.get("suspended") else {"finished_at": event.time}
    cpu_s, peak = _amount(event.data.get("cpu_s")), _amount(event.data.get("peak_bytes"))
    if cpu_s is not None:
        changes["cpu_s"] = round((task.cpu_s or 0.0) + cpu_s, 3)
    if peak is not None:
        changes["peak_bytes"] = max(task.peak_bytes or 0, int(peak))
    return changes


def _amount(value: Any) -> Optional[float]:
    """A number that can be stored; None for what is none."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 2**62 else None


def _raised(_: TaskExecution, event: RunEvent) -> Dict[str, Any]:
    data = event.data
    return {
        "raised": {
            "file": str(data["file"]),
            "line": int(data["line"]),
            "function": str(data["function"]),
            "first": int(data["first"]),
            "lines": [str(line) for line in data["lines"]],
        }
    }


def _told(name: str, key: str) -> Change:
    return lambda _, event: {name: event.data[key]}


def _status_changes(task: TaskExecution, event: RunEvent) -> Dict[str, Any]:
    status = event.data["status"]
    changes: Dict[str, Any] = {"status": status}
    if event.data.get("explanation"):
        changes["explanation"] = event.data["explanation"]
    if status != "pending":
        changes["waiting_for"] = None
        changes["done_by"] = event.data.get("by")
    if status in DONE | BROKEN and task.started_at is not None and task.finished_at is None:
        changes["finished_at"] = event.time
    return changes


#: What an event changes, by its kind.
_CHANGES: Mapping[str, Change] = {
    "discovered": _discovered,
    "status": _status_changes,
    "began": _began,
    "ended": _ended,
    "raised": _raised,
    "progress": _told("progress", "percent"),
    "message": _told("message", "text"),
    "tracking": _told("tracking_url", "url"),
    "waiting": _told("waiting_for", "for"),
}


#: How the explanation of a task begins that still ran when its attempt ended.
ABANDONED = "did not end before its attempt did: "


def abandoned(task: TaskExecution, done: bool, reason: str, now: float) -> TaskExecution:
    """A task that still ran when its attempt ended: nobody runs it any more. `done` where its targets say so."""
    if done:
        return task.evolve(status="done", finished_at=now)
    return task.evolve(status="failed", finished_at=now, explanation=f"{ABANDONED}{reason}")


def progress(counts: Mapping[str, int]) -> Progress:
    """Progress of a run whose newest attempt has `counts` tasks by status; one that could not be asked has failed."""
    return Progress(
        total=sum(counts.values()),
        done=sum(counts.get(status, 0) for status in DONE),
        failed=sum(counts.get(status, 0) for status in (*BROKEN, "unknown")),
        running=counts.get("running", 0),
    )
