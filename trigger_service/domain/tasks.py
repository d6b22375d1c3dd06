"""How events change what is known of a task execution. Pure."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from trigger_service.domain.events import RunEvent
from trigger_service.domain.run import Progress, TaskExecution

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
    data = event.data
    if event.kind == "discovered":
        return {
            "family": data["family"],
            "parameters": data["parameters"],
            "dependencies": tuple(dict.fromkeys((*task.dependencies, *data["dependencies"]))),
            "outputs": tuple(data["outputs"]),
            "status": data["status"],
            "waiting_for": None,
        }
    if event.kind == "status":
        return _status_changes(task, event)
    if event.kind == "began":
        resumed = task.status == "running" or (task.started_at is not None and data.get("resumed", False))
        return {
            "status": "running",
            "pid": data["pid"],
            "started_at": task.started_at if resumed else event.time,
            "finished_at": None,
            "executions": task.executions + (0 if resumed else 1),
            "waiting_for": None,
        }
    if event.kind == "ended":
        return {} if data.get("suspended") else {"finished_at": event.time}
    simple = {"progress": ("progress", "percent"), "message": ("message", "text"), "tracking": ("tracking_url", "url")}
    if event.kind in simple:
        name, key = simple[event.kind]
        return {name: data[key]}
    if event.kind == "waiting":
        return {"waiting_for": data["for"]}
    return {}


def _status_changes(task: TaskExecution, event: RunEvent) -> Dict[str, Any]:
    status = event.data["status"]
    changes: Dict[str, Any] = {"status": status}
    if event.data.get("explanation"):
        changes["explanation"] = event.data["explanation"]
    if status != "pending":
        changes["waiting_for"] = None
    if status in DONE | BROKEN and task.started_at is not None and task.finished_at is None:
        changes["finished_at"] = event.time
    return changes


def progress(counts: Mapping[str, int]) -> Progress:
    """Progress of a run whose newest attempt has `counts` tasks by status."""
    return Progress(
        total=sum(counts.values()),
        done=sum(counts.get(status, 0) for status in DONE),
        failed=sum(counts.get(status, 0) for status in BROKEN),
        running=counts.get("running", 0),
    )
