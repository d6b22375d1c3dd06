"""What is known of the outputs of a run's tasks, declared and written, from what it reported: nothing is asked again.

Pure.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from trigger_service.domain.run import Run, TaskExecution
from trigger_service.domain.target_writes import TargetWrite
from trigger_service.domain.tasks import BROKEN
from trigger_service.domain.urls import shown_url


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
    #: The run's last write of it; None where there is none on record.
    written: Optional[TargetWrite] = None


def with_writes(targets: Iterable[DeclaredTarget], writes: Iterable[TargetWrite]) -> Iterator[DeclaredTarget]:
    """The declared outputs, each with who wrote it, and then what the tasks have written besides."""
    by_task: Dict[str, List[TargetWrite]] = {}
    for write in writes:
        by_task.setdefault(write.task_id, []).append(write)
    for target in targets:
        of_task = by_task.get(target.task_id, [])
        found = [write for write in of_task if _is_named(target.target, write.url)]
        by_task[target.task_id] = [write for write in of_task if write not in found]
        yield replace(target, written=found[-1]) if found else target
    for rest in by_task.values():
        newest = {write.url: write for write in rest}
        for write in newest.values():
            yield DeclaredTarget(write.task_id, write.family, write.url, True, "the task wrote it", write)


def _is_named(text: str, url: str) -> bool:
    """Whether what a task declares is what has this URL: the text may be a path below a folder that is not known."""
    if text == url:
        return True
    is_relative = "://" not in text and not text.startswith("/")
    return is_relative and url.endswith(f"/{posixpath.normpath(text)}")


def declared(run: Run, tasks: Iterable[TaskExecution]) -> Iterator[DeclaredTarget]:
    """The outputs of all `tasks`, which are those of the run's newest attempt, in order."""
    for task in tasks:
        for target in task.outputs:
            exists, why = _known(run, task, target)
            yield DeclaredTarget(task.task_id, task.family, target, exists, why)


def _known(run: Run, task: TaskExecution, target: str) -> Tuple[Optional[bool], str]:
    error = run.error
    if error is not None and error.type == "OutputMissing" and error.task_id == task.task_id:
        missing = shown_url(target) in error.message
        return (False, "the task was done and it was missing") if missing else (None, "another output was missing")
    if task.status == "complete" and task.done_by is not None:
        return True, "another run has done the task"
    if task.status == "complete":
        return True, "the task was complete before the run"
    if task.status == "done":
        return True, "the task was done"
    if task.status == "pending" and len(task.outputs) == 1:
        return False, "the task was not complete, and has not run"
    why = {"running": "the task was running", "pending": "the task was not complete"}.get(task.status)
    return None, why or ("the task failed" if task.status in BROKEN else "the task could not be asked")
