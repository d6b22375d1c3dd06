"""What is known of the outputs that the tasks of a run declare, from what the run reported: nothing is asked again.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Iterator, Optional, Tuple

from trigger_service.domain.run import Run, TaskExecution
from trigger_service.domain.tasks import BROKEN


@dataclass(frozen=True)
class DeclaredTarget:
    """An output that a task declares."""

    task_id: str
    family: str
    #: URI, path or text, as the task gave it.
    target: str
    #: Whether it existed when the run knew last; None where nothing says so.
    exists: Optional[bool]
    #: What says so, in one line.
    why: str


def declared(run: Run, tasks: Iterable[TaskExecution]) -> Iterator[DeclaredTarget]:
    """The outputs of all `tasks`, which are those of the run's newest attempt, in order."""
    for task in tasks:
        for target in task.outputs:
            exists, why = _known(run, task, target)
            yield DeclaredTarget(task.task_id, task.family, target, exists, why)


def _known(run: Run, task: TaskExecution, target: str) -> Tuple[Optional[bool], str]:
    error = run.error
    if error is not None and error.type == "OutputMissing" and error.task_id == task.task_id:
        missing = target in error.message
        return (False, "the task was done and it was missing") if missing else (None, "another output was missing")
    if task.status == "complete":
        return True, "the task was complete before the run"
    if task.status == "done":
        return True, "the task was done"
    if task.status == "pending" and len(task.outputs) == 1:
        return False, "the task was not complete, and has not run"
    why = {"running": "the task was running", "pending": "the task was not complete"}.get(task.status)
    return None, why or ("the task failed" if task.status in BROKEN else "the task could not be asked")
