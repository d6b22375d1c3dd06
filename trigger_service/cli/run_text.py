"""One run as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trigger_service.cli import text


def run_text(run: Mapping[str, Any]) -> dict[str, str]:
    """Name and value of each line; a value is empty where there is nothing to say."""
    place = f"{run['location']}/{run['environment']}"
    limit = f"{run['timeout_s']:g} s" if run["timeout_s"] is not None else ""
    return {
        "id": run["id"],
        "state": run["state"],
        "reason": "" if run["error"] else run["reason"],  # the error says the same, and more
        "pipeline": f"{run['pipeline']} of {run['module']}",
        "parameters": ", ".join(f"{name}={value}" for name, value in run["texts"].items()),
        "place": "" if place == "default/default" else place,
        "labels": ", ".join(f"{name}={value}" for name, value in run["labels"].items()),
        "pools": ", ".join(run["pools"]),
        "tasks": _tasks(run["progress"]),
        "asked for": f"{text.moment(run['created_at'])} by {run['trigger']['kind']} {run['trigger']['by']}".rstrip(),
        "started": text.moment(run["started_at"]) if run["started_at"] else "",
        "finished": _finished(run),
        "time limit": limit,
        "attempts": f"{run['attempts']} of {run['max_attempts']}" if run["max_attempts"] > 1 else "",
        "workers": str(run["workers"]) if run["workers"] > 1 else "",
        "priority": str(run["priority"]) if run["priority"] else "",
        "retry of": run["retry_of"] or "",
        "code": _code(run["code"]),
        "verified": "no: the task has no outputs, and runs every time" if run["verified"] is False else "",
        "error": text.failure(run["error"]) if run["error"] else "",
    }


def _tasks(progress: Mapping[str, int]) -> str:
    if not progress["total"]:
        return ""
    more = [f"{progress[name]} {name}" for name in ("failed", "running") if progress[name]]
    return ", ".join([f"{progress['done']} of {progress['total']} done", *more])


def _finished(run: Mapping[str, Any]) -> str:
    if not run["finished_at"]:
        return ""
    took = text.duration(run)
    return text.moment(run["finished_at"]) + (f", after {took}" if took else "")


def _code(code: Mapping[str, Any]) -> str:
    """The commit, which says more than the fingerprint, where there is one."""
    if not code["commit"]:
        return str(code["fingerprint"])
    return f"commit {code['commit'][:12]}{', changed since' if code['dirty'] else ''}"
