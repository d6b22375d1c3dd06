"""The JSON shapes of the API. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from trigger_service.domain.comparison import Comparison
from trigger_service.domain.logs import LogLine
from trigger_service.domain.plan import Expectation, Plan, PlannedTask, PlanState, Span
from trigger_service.domain.queries import JournalRow, LogPage, TaskGraph
from trigger_service.domain.run import Attempt, Run, TaskExecution
from trigger_service.domain.targets import DeclaredTarget
from trigger_service.domain.urls import shown_text, shown_url
from trigger_service.launchers.base import BrokenModule, Pipeline
from trigger_service.web.replies import iso

#: How many of the tasks that block others are told with every plan.
BLOCKERS = 100


def run_json(run: Run) -> dict[str, Any]:
    """A run as every route shows it."""
    return {
        "id": run.id,
        "state": run.state,
        "reason": run.reason,
        "pipeline": run.pipeline,
        "module": run.module,
        "parameters": run.parameters,
        "texts": run.texts,
        "task_id": run.task_id,
        "location": run.location,
        "environment": run.environment,
        "trigger": {"kind": run.trigger.kind, "by": run.trigger.by},
        "labels": run.labels,
        "priority": run.priority,
        "pools": list(run.pools),
        "workers": run.workers,
        "timeout_s": run.timeout_s,
        "max_attempts": run.max_attempts,
        "created_at": iso(run.created_at),
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at),
        "attempts": run.attempt,
        "verified": run.verified,
        "progress": run.progress.to_json(),
        "error": run.error.to_json() if run.error else None,
        "retry_of": run.retry_of,
        "code": {"fingerprint": run.code_fingerprint, "commit": run.code_commit, "dirty": run.code_dirty},
    }


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    """An attempt, without its handle, which is nobody's business outside."""
    return {
        "number": attempt.number,
        "state": attempt.state,
        "started_at": iso(attempt.started_at),
        "ended_at": iso(attempt.ended_at),
        "reason": attempt.reason,
    }


def task_json(task: TaskExecution) -> dict[str, Any]:
    """A task execution."""
    shown = asdict(task)
    del shown["run_id"]
    shown["started_at"], shown["finished_at"] = iso(task.started_at), iso(task.finished_at)
    shown["outputs"] = [shown_url(output) for output in task.outputs]
    return shown


def graph_json(graph: TaskGraph) -> dict[str, Any]:
    """Tasks and what they require; `left_out` tasks are beyond the limit."""
    nodes = [
        {
            "task_id": task.task_id,
            "family": task.family,
            "status": task.status,
            "started_at": iso(task.started_at),
            "finished_at": iso(task.finished_at),
        }
        for task in graph.tasks
    ]
    edges = [{"task_id": task_id, "requires": required} for task_id, required in graph.edges()]
    shown = {"attempt": graph.attempt, "total": graph.total, "left_out": graph.total - len(nodes)}
    return {**shown, "nodes": nodes, "edges": edges}


def targets_json(targets: list[DeclaredTarget], limit: int) -> dict[str, Any]:
    """The first `limit` declared outputs, and how many there are."""
    return {"total": len(targets), "items": [_target_json(target) for target in targets[:limit]]}


def _target_json(target: DeclaredTarget) -> dict[str, Any]:
    shown = {name: getattr(target, name) for name in ("task_id", "family", "exists", "why")}
    shown["target"] = shown_url(target.target)
    write = target.written
    if write is None:
        return {**shown, "written": None}
    names = ("version", "size", "rows", "observed")
    written: dict[str, Any] = {"url": shown_url(write.url), **{name: getattr(write, name) for name in names}}
    inputs = [{**asdict(source), "url": shown_url(source.url)} for source in write.inputs]
    return {**shown, "written": {**written, "sha256": write.sha256 or None, "time": iso(write.time), "inputs": inputs}}


def comparison_json(comparison: Comparison, limit: int) -> dict[str, Any]:
    """What is different between two runs, with the first `limit` tasks that differ."""
    return {
        "a": run_json(comparison.a),
        "b": run_json(comparison.b),
        "differences": [asdict(difference) for difference in comparison.differences],
        "tasks": {
            "same": comparison.same_tasks,
            "different": len(comparison.tasks),
            "items": [{**asdict(task), "differs": list(task.differs)} for task in comparison.tasks[:limit]],
        },
    }


def plan_json(plan: Plan, states: Collection[PlanState], limit: int) -> dict[str, Any]:
    """A plan with its first `limit` tasks, of these states (all, where none is named)."""
    shown = [task for task in plan.tasks if not states or task.state in states][:limit]
    return {
        "pipeline": plan.pipeline,
        "task_id": plan.task_id,
        "parameters": plan.parameters,
        "cut": plan.cut,
        "refusal": asdict(plan.refusal) if plan.refusal else None,
        "total": len(plan.tasks),
        "counts": plan.counts(),
        "expected": expectation_json(plan.expectation),
        "blockers": [_planned_json(task) for task in plan.blockers()[:BLOCKERS]],
        "tasks": [_planned_json(task) for task in shown],
        "printed": plan.printed,
    }


def expectation_json(expectation: Expectation) -> dict[str, Any]:
    """How long something would take."""
    return {
        "basis": expectation.basis,
        "span": _span_json(expectation.span),
        "without_history": list(expectation.without_history),
    }


def _planned_json(task: PlannedTask) -> dict[str, Any]:
    return {
        "task_id": task.task_id,
        "family": task.family,
        "state": task.state,
        "why": shown_text(task.why),
        "parameters": task.parameters,
        "requires": list(task.requires),
        "outputs": [shown_url(output) for output in task.outputs],
        "blocked_by": list(task.blocked_by),
        "run_id": task.run_id,
        "error": asdict(task.fault) if task.fault else None,
        "expected": _span_json(task.expected),
    }


def _span_json(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    rounded = {name: round(getattr(span, name), 3) for name in ("seconds", "low", "high")}
    return {**rounded, "samples": span.samples}


def log_line_json(line: LogLine) -> dict[str, Any]:
    """A line of output. Not by `asdict`, which takes most of the time that a page or a download of lines takes."""
    return {
        "time": iso(line.time),
        "level": line.level,
        "stream": line.stream,
        "task": line.task,
        "pid": line.pid,
        "text": line.text,
    }


def log_text(line: LogLine) -> str:
    """A line of output as tab-separated text: time, level, stream, task, text; for each line of a record of several."""
    head = "\t".join((iso(line.time) or "", line.level, line.stream, line.task or "-"))
    return "".join(f"{head}\t{text}\n" for text in line.text.split("\n"))


def log_page_json(page: LogPage) -> dict[str, Any]:
    """Lines of output; `next_cursor` goes on after them, `complete` says that no more will ever come."""
    lines = [log_line_json(line) for line in page.lines]
    return {"items": lines, "next_cursor": page.next_cursor, "complete": page.complete}


def event_json(row: JournalRow) -> dict[str, Any]:
    """One thing that happened to a run."""
    return {"id": row.id, "time": iso(row.time), "kind": row.kind, "task": row.task, "data": row.data}


def pipeline_json(pipeline: Pipeline) -> dict[str, Any]:
    """An entry of the catalogue. Not copied in depth: of a thousand that takes a tenth of a second."""
    return dict(vars(pipeline))


def broken_json(module: BrokenModule) -> Mapping[str, Any]:
    """A module that cannot be imported, with the traceback of the user's own code."""
    return asdict(module)
