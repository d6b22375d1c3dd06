"""The one border where what Luigi does becomes typed events."""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import luigi
from luigi.task import flatten
from luigi.worker import TaskStatusReporter

from trigger_service.domain.run import TaskStatus
from trigger_service.runner.doorbell import Doorbell
from trigger_service.runner.journal import Journal
from trigger_service.runner.privacy import Privacy
from trigger_service.runner.tracebacks import users_code
from trigger_service.runner.usage import Usage
from trigger_service.runner.writes import Writes

#: Luigi's statuses as the worker reports them, in our words.
STATUSES: Mapping[str, TaskStatus] = {
    "PENDING": "pending",
    "RUNNING": "running",
    "DONE": "done",
    "FAILED": "failed",
    "DISABLED": "disabled",
    "UNKNOWN": "unknown",
    "SUSPENDED": "pending",
}


class Observer:
    """Records what happens to the tasks of one attempt, in this process.

    A forked task process calls `after_fork` and then writes as a writer of its own.
    """

    def __init__(self, events_folder: Path, run_id: str, doorbell: Doorbell, privacy: Privacy) -> None:
        self._folder = events_folder
        self._run_id = run_id
        self._doorbell = doorbell
        self._privacy = privacy
        self._journal = self._open(0)
        self._writes = Writes(lambda task_id, data: self.event("written", task_id, **data))
        self._writes.listen()
        self._usage = Usage()
        #: When the code was there that this process runs, in seconds since the epoch.
        self._since = time.time()
        #: Newest status by task id, in the order of discovery.
        self.statuses: Dict[str, TaskStatus] = {}
        #: (task id, explanation) of every failure, in order.
        self.failures: List[Tuple[str, str]] = []

    def after_fork(self, writer: int) -> None:
        """Go on as `writer`, in a process of its own."""
        self._journal.close()
        self._journal = self._open(writer)

    def event(self, kind: str, task: Optional[str] = None, **data: Any) -> None:
        """Record an event that needs no translation."""
        self._journal.write(kind, None if task is None else self._privacy.shown(task), **data)

    def added(self, task: Optional[luigi.Task], added: Mapping[str, Any], ran: bool, explanation: str = "") -> None:
        """The worker has told luigid of a task, or of a task's new status, with the arguments `added`.

        `ran` says that it comes from an execution here: what is done without one was complete.
        """
        task_id, status = added["task_id"], STATUSES[added["status"]]
        first = task_id not in self.statuses
        if status == "done" and not ran:
            status = "complete"
        explanation = explanation or _explanation(added, status)
        if first and task is not None:
            self._discovered(task, added, status)
            if explanation:
                self.event("status", task_id, status=status, explanation=explanation)
        else:
            self.event("status", task_id, status=status, explanation=explanation)
            if added.get("new_deps"):
                self._depends(task, added)
        self.statuses[task_id] = status
        if status in ("failed", "unknown"):
            self.failures.append((task_id, explanation))

    def done_elsewhere(self, task_id: str, by: str) -> None:
        """Another worker has done a task of this run: which one, or empty where that is not known."""
        self.statuses[task_id] = "complete"
        self.event("status", task_id, status="complete", by=by)

    def batch_member(self, task_id: str, batch: Mapping[str, Any]) -> None:
        """A task that ran as part of a batch shares the status with which the batch was added."""
        status = STATUSES[batch["status"]]
        self.statuses[task_id] = status
        ran_as = f"ran as part of the batch {batch['task_id']}"
        self.event("status", task_id, status=status, explanation=_explanation(batch, status) or ran_as)

    def began(self, task_id: str, resumed: bool) -> None:
        """`run()` of the task is about to be entered, or resumed after its dynamic requirements."""
        self._writes.began()
        self.event("began", task_id, pid=os.getpid(), resumed=resumed)
        self._usage.began()

    def ended(self, task: luigi.Task, ok: bool, suspended: bool, batch: Sequence[str] = ()) -> None:
        """`run()` was left; suspended where it waits for dynamic requirements. It may have run for a whole `batch`."""
        used = self._usage.ended()
        self.event("ended", task.task_id, pid=os.getpid(), ok=ok, suspended=suspended, **used)
        if ok and not suspended:
            self._writes.ended(task, batch)

    def raised(self, task_id: str, error: BaseException) -> None:
        """`run()` of the task has raised: the user's code there is told, as this process has read it."""
        found = users_code(error.__traceback__, self._since)
        if found is not None:
            self.event("raised", task_id, **found)

    def _discovered(self, task: luigi.Task, added: Mapping[str, Any], status: TaskStatus) -> None:
        private = self._privacy.private_of(type(task))
        outputs = _outputs_of(task)
        self._writes.discovered(added["task_id"], outputs, added.get("deps") or ())
        self.event(
            "discovered",
            added["task_id"],
            family=task.task_family,
            parameters={name: text for name, text in added["params"].items() if name not in private},
            dependencies=sorted(self._privacy.shown(task_id) for task_id in added.get("deps") or ()),
            outputs=[describe_target(target) for target in outputs],
            status=status,
        )

    def _depends(self, task: Optional[luigi.Task], added: Mapping[str, Any]) -> None:
        """Dynamic requirements are dependencies too, known only now."""
        if task is not None:
            self._discovered(task, {**added, "deps": added["new_deps"]}, STATUSES[added["status"]])

    def _open(self, writer: int) -> Journal:
        return Journal(self._folder / str(writer) / "events.jsonl", self._run_id, self._doorbell, self._privacy.mask)


class ObservedReporter(TaskStatusReporter):
    """Luigi's reporter of progress, messages and tracking URLs, which also records them as events."""

    def __init__(self, observer: Observer, *args: Any) -> None:
        super().__init__(*args)
        self._observer = observer

    def update_tracking_url(self, tracking_url: str) -> None:
        """The task has told where it can be followed."""
        self._observer.event("tracking", self._task_id, url=str(tracking_url))
        super().update_tracking_url(tracking_url)

    def update_status_message(self, message: str) -> None:
        """The task has told how it goes."""
        self._observer.event("message", self._task_id, text=str(message))
        super().update_status_message(message)

    def update_progress_percentage(self, percentage: float) -> None:
        """The task has told how far it is."""
        with contextlib.suppress(TypeError, ValueError):  # Luigi takes what is no number too
            percent = float(percentage)
            if math.isfinite(percent):  # JSON has no others
                self._observer.event("progress", self._task_id, percent=percent)
        super().update_progress_percentage(percentage)


def _outputs_of(task: luigi.Task) -> List[Any]:
    """The task's outputs; none where `output()` raises."""
    try:
        return list(flatten(task.output()))
    except Exception:
        return []


def describe_target(target: Any) -> str:
    """URI, path or text of a target, some of which have a method that tells the path; its class where it has none."""
    for question in (_uri, _path, str):
        with contextlib.suppress(Exception):  # the user's class may be unable to say it, and is to run all the same
            value = question(target)
            if isinstance(value, (str, Path)):
                return str(value)
    return f"a {type(target).__name__}"


def _uri(target: Any) -> Any:
    return target.uri


def _path(target: Any) -> Any:
    path = target.path
    return path() if callable(path) else path


def _explanation(added: Mapping[str, Any], status: TaskStatus) -> str:
    if status == "pending" and added.get("runnable") is False:
        return "This is external data that does not exist (yet?)."
    expl = added.get("expl")
    if not expl or status not in ("failed", "disabled", "done"):
        return ""
    try:
        value = json.loads(expl)
    except (TypeError, ValueError):
        value = expl
    return str(value) if value else ""
