"""Examples for the OpenAPI document, by the name of the schema: made by what makes the replies, from one story.

The story: FlightsReport for January 2013 found a complete download, loaded it, and failed in the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from trigger_service.domain.admission import Candidate
from trigger_service.domain.audit import AuditRow, Change
from trigger_service.domain.comparison import compare
from trigger_service.domain.logs import LogLine
from trigger_service.domain.plan import Expectation, Plan, PlannedTask, Span
from trigger_service.domain.pools import Pool, Waiting
from trigger_service.domain.queries import LogPage, TaskGraph
from trigger_service.domain.run import Attempt, Progress, Run, RunError, TaskExecution, Trigger
from trigger_service.domain.targets import declared
from trigger_service.launchers.base import BrokenModule, Pipeline
from trigger_service.web import backfill_examples, pool_documents, rendering
from trigger_service.web.notification_examples import notification_examples
from trigger_service.web.operation_examples import operation_examples
from trigger_service.web.replies import encode_json
from trigger_service.web.target_examples import target_examples
from trigger_service.web.trigger_examples import trigger_examples

_DAY = 1_769_000_000.0
_REPORT, _LOAD, _DOWNLOAD = (
    "FlightsReport_2013_01_9c1d2a7f30",
    "LoadFlights_2013_01_5e0b71c4aa",
    "DownloadFlights_2013_01_77f0d9b812",
)
_TRACEBACK = "Traceback (most recent call last):\n  File \"tasks/flights.py\", line 61, in run\nKeyError: 'AA'\n"
_MONTH = {"month": "2013-01"}
_RUN = Run(
    id="019be1e2-7c40-7b4e-9b1d-3f6f0a5c8d21",
    state="failed",
    pipeline="FlightsReport",
    module="tasks.flights",
    parameters=_MONTH,
    texts=_MONTH,
    task_id=_REPORT,
    trigger=Trigger("cli", "ada@laptop"),
    created_at=_DAY,
    labels={"team": "data"},
    attempt=1,
    started_at=_DAY + 0.02,
    finished_at=_DAY + 4.2,
    progress=Progress(total=3, done=2, failed=1),
    error=RunError("TaskFailed", "KeyError: 'AA'", _REPORT, _TRACEBACK),
    code_fingerprint="b1946ac92492d234",
    code_commit="5f1c7f0e8a3b9d2c4e6f8a0b1c2d3e4f5a6b7c8d",
    code_dirty=False,
)
_BETTER = _RUN.evolve(
    id="019be1f0-1d22-7a90-8c3e-52b7d1e4f6a0",
    state="succeeded",
    finished_at=_DAY + 6.0,
    progress=Progress(total=3, done=3),
    error=None,
    verified=True,
    code_commit="a0c4e8f2b6d1a5c9e3f7b0d4a8c2e6f1b5d9a3c7",
)


def _task(task_id: str, status: Any, needs: tuple[str, ...], output: str, took_s: float | None) -> TaskExecution:
    times: dict[str, Any] = {"started_at": _DAY + 1.0, "finished_at": _DAY + 1.0 + took_s} if took_s else {}
    return TaskExecution(
        _RUN.id,
        1,
        task_id,
        task_id.split("_", 1)[0],
        status,
        parameters=_MONTH,
        dependencies=needs,
        outputs=(output,),
        executions=1 if took_s else 0,
        **times,
    )


_TASKS = (
    _task(_REPORT, "failed", (_LOAD,), "data/report/2013-01.csv", 0.8).evolve(explanation=_TRACEBACK),
    _task(_LOAD, "done", (_DOWNLOAD,), "data/flights/2013-01.parquet", 1.9),
    _task(_DOWNLOAD, "complete", (), "data/raw/2013-01.csv", None),
)
_BETTER_TASKS = (_TASKS[0].evolve(status="done", finished_at=_DAY + 3.4, explanation=None), *_TASKS[1:])
_LINES = (
    LogLine(_DAY + 1.2, "INFO", "stdout", _LOAD, 41210, "27004 rows"),
    LogLine(_DAY + 3.6, "ERROR", "tasks.flights", _REPORT, 41210, "no carrier named 'AA'"),
)
_SPAN = Span(3.1, 2.4, 5.0, 12)
_PLAN = Plan(
    pipeline="FlightsReport",
    task_id=_REPORT,
    parameters=_MONTH,
    tasks=(
        PlannedTask(
            _DOWNLOAD, "DownloadFlights", "complete", "its output exists", _MONTH, (), ("data/raw/2013-01.csv",)
        ),
        PlannedTask(
            _REPORT,
            "FlightsReport",
            "will_run",
            "data/report/2013-01.csv does not exist",
            _MONTH,
            (_DOWNLOAD,),
            ("data/report/2013-01.csv",),
            expected=_SPAN,
        ),
    ),
    expectation=Expectation("tasks", _SPAN),
)
_PARAMETER = {
    "name": "month",
    "type": "MonthParameter",
    "schema": {"type": "string", "pattern": r"^\d{4}-\d{2}$"},
    "required": True,
    "description": "The month to report on",
    "expectation": "a month, for example 2013-01",
    "significant": True,
    "visibility": "public",
    "positional": True,
    "batch": False,
    "range": {"unit": "month", "every": 1, "origin": "1970-01"},
}
_PIPELINE = Pipeline(
    "FlightsReport",
    "tasks.flights",
    (_PARAMETER,),
    "Departures and delays of a month, by carrier.",
    owner="data@example.org",
    tags=("flights",),
    file="tasks/flights.py",
    line=48,
)
_QUEUED = Candidate(_BETTER.id, "FlightsReport", 0, _DAY + 1.0, ("warehouse",))
_POOL = Pool(
    name="warehouse",
    slots=1,
    configured=2,
    resized=True,
    holders=(Candidate(_RUN.id, "FlightsReport", 0, _DAY, ("warehouse",)),),
    queue=(Waiting(_QUEUED, f"waits for a slot: pool warehouse may have 1 live at once, held by {_RUN.id}"),),
)
_CHANGE = Change("cli ada@laptop", "pool resized", "pool warehouse", {"slots": 2}, {"slots": 1})
_BROKEN = BrokenModule("tasks.taxi", "SyntaxError: invalid syntax (taxi.py, line 3)", "Traceback (most recent ...")


@cache
def examples() -> Mapping[str, Any]:
    """By name of the schema: a body or an answer."""
    run = rendering.run_json(_RUN)
    return {
        **trigger_examples(_RUN),
        **notification_examples(_RUN),
        **target_examples(_RUN),
        **operation_examples(_RUN),
        "RunBody": {"pipeline": "FlightsReport", "parameters": _MONTH, "labels": {"team": "data"}},
        "RunDocument": run,
        "RunsDocument": {"items": [run], "next_cursor": "WzE3NjkwMDAwMDAuMCwgIjAxOWJlMWUyIl0="},
        "AttemptsDocument": {"items": [rendering.attempt_json(Attempt(_RUN.id, 1, "ended", _DAY, _DAY + 4.2))]},
        "TasksDocument": {"items": [rendering.task_json(task) for task in _TASKS]},
        "GraphDocument": rendering.graph_json(TaskGraph(1, len(_TASKS), _TASKS)),
        "TargetsDocument": rendering.targets_json(list(declared(_RUN, _TASKS)), 1000),
        "ComparisonDocument": rendering.comparison_json(compare(_RUN, _TASKS, _BETTER, _BETTER_TASKS), 1000),
        "LogsDocument": rendering.log_page_json(LogPage(_LINES, "1:418", True)),
        "PipelineDocument": rendering.pipeline_json(_PIPELINE),
        "PipelinesDocument": {
            "items": [rendering.pipeline_json(_PIPELINE)],
            "broken": [rendering.broken_json(_BROKEN)],
        },
        "PoolBody": {"slots": 1},
        "PoolDocument": pool_documents.pool_json(_POOL, 100),
        "PoolsDocument": {"items": [pool_documents.pool_json(_POOL, 100)]},
        "AuditDocument": {"items": [pool_documents.audit_json(AuditRow(7, _DAY, _CHANGE))]},
        "PlanDocument": rendering.plan_json(_PLAN, (), 1000),
        **backfill_examples.EXAMPLES,
    }


@cache
def streamed() -> Mapping[str, str | Mapping[str, str]]:
    """By media type: what is no JSON document."""
    return {
        "text/event-stream": {
            "event": "state",
            "id": "17",
            "data": '{"id":17,"time":"2026-01-21T12:53:20.020Z","kind":"state","task":null,'
            '"data":{"from":"queued","to":"starting","actor":"dispatcher","reason":""}}',
        },
        "text/plain": "".join(rendering.log_text(line) for line in _LINES),
        "application/jsonl": "".join(encode_json(rendering.log_line_json(line)).decode() + "\n" for line in _LINES),
    }
