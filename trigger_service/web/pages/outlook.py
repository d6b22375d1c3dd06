"""When a run is expected to end, from how long its tasks, or runs of the same pipeline, took before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trigger_service.domain.run import Run
from trigger_service.web.pages.task_rows import RUNNING, SHARED, UNREACHED, WAITING, TaskRow


@dataclass(frozen=True)
class Outlook:
    """The expected end of a live run."""

    #: Seconds since the epoch; None where nothing is known.
    end: float | None
    #: What says so.
    why: str


def outlook(run: Run, rows: Sequence[TaskRow], runs_took: float | None, now: float) -> Outlook:
    """Of a live run: by its tasks where the families of all that are left are known, else by earlier runs."""
    left = {row.task.task_id: row for row in rows if row.kind in (RUNNING, SHARED, WAITING, UNREACHED)}
    unknown = sorted({row.task.family for row in left.values() if row.median is None})
    if left and not unknown:
        return Outlook(now + _seconds(left, max(1, run.workers)), "by the medians of its tasks")
    if runs_took is not None and run.started_at is not None and run.started_at + runs_took > now:
        return Outlook(run.started_at + runs_took, "by the median of earlier runs")
    if not rows:
        return Outlook(None, "its tasks are not known yet")
    if not unknown:
        return Outlook(None, "about to end")
    more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    return Outlook(None, f"no history of {unknown[0]}{more}")


def starts(rows: Sequence[TaskRow], now: float) -> dict[str, float]:
    """By task id, when those that wait could start at the earliest: once all that they require is over."""
    left = {row.task.task_id: row for row in rows if row.kind in (RUNNING, SHARED, WAITING)}
    ends = _ends(left)
    return {
        task_id: now + max((ends.get(required, 0.0) for required in row.task.dependencies), default=0.0)
        for task_id, row in left.items()
        if row.kind is not RUNNING
    }


def _seconds(left: dict[str, TaskRow], workers: int) -> float:
    """At least the longest chain, and all the work shared evenly."""
    ends = _ends(left)
    own = sum(_rest(row) for row in left.values() if row.kind is not SHARED)
    return max([*ends.values(), own / workers])


def _ends(left: dict[str, TaskRow]) -> dict[str, float]:
    """By task id, seconds from now until each is over if it starts as soon as it can."""
    ends: dict[str, float] = {}
    for task_id in left:
        stack = [task_id]
        while stack:
            task = stack[-1]
            missing = [need for need in left[task].task.dependencies if need in left and need not in ends]
            if missing and len(stack) <= len(left):
                stack.extend(missing[:1])
                continue
            before = max((ends.get(need, 0.0) for need in left[task].task.dependencies), default=0.0)
            ends[task] = before + _rest(left[task])
            stack.pop()
    return ends


def _rest(row: TaskRow) -> float:
    """Seconds that a task still takes."""
    return max(0.0, (row.median or 0.0) - (row.took or 0.0))
