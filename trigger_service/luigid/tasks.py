"""Luigi's task and table of tasks, watched: who made a task fail is remembered, and every change is told."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from luigi.scheduler import BATCH_RUNNING, DISABLED, DONE, FAILED, PENDING, RUNNING, SimpleTaskState, Task

from trigger_service.luigid.changes import Changes


class WatchedTask(Task):
    """A task that knows which workers made it fail since it was last done, and whether it ever was."""

    #: Whoever is to run it should ask its targets first: somebody may have done it since that worker looked.
    was_done = False
    #: The worker that ran it when it was done last; empty where it was found complete.
    done_by = ""
    #: Whether another worker has found it complete while its own worker runs it.
    found_complete = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.failed_by: set[str] = set()


class WatchedTasks(SimpleTaskState):
    """Stock's table of tasks; tells `changes` whenever a task takes another status or disappears."""

    def __init__(self, state_path: Path, changes: Changes) -> None:
        super().__init__(str(state_path))
        self._changes = changes

    def load(self) -> None:
        """Take over what a luigid that ended cleanly has left, once: a state that is read twice would be out of date.

        Its workers count as alive from now on, however long there was no luigid.
        """
        super().load()
        Path(self._state_path).unlink(missing_ok=True)
        for worker in self._active_workers.values():
            worker.last_active = time.time()

    def set_status(self, task: Any, new_status: str, config: Any = None) -> None:
        """As stock; then tell."""
        before = task.status
        super().set_status(task, new_status, config)
        if task.status == before:
            return
        if before in (RUNNING, BATCH_RUNNING) and task.status in (FAILED, DISABLED) and task.worker_running:
            task.failed_by.add(task.worker_running)
        task.found_complete = False
        if task.status == DONE:
            task.failed_by.clear()
            task.was_done = True
            task.done_by = task.worker_running or "" if before in (RUNNING, BATCH_RUNNING) else ""
        self._changes.record(task.id)

    def inactivate_tasks(self, delete_tasks: Iterable[str]) -> None:
        """As stock; then tell."""
        gone = list(delete_tasks)
        super().inactivate_tasks(gone)
        for task_id in gone:
            self._changes.record(task_id)

    def held(self) -> list[Any]:
        """Tasks that some worker runs, combined tasks of batches before their members."""
        return [task for task in self.get_active_tasks_by_status(RUNNING, BATCH_RUNNING) if task.worker_running]

    def release(self, task: Any, config: Any) -> None:
        """Give back a task whose worker is gone: pending again for whoever else added it, and no failure of theirs.

        It is done where its worker was only not heard any more: somebody has found it complete meanwhile.
        """
        if task.batch_id is not None and not task.batchable:
            task.remove = time.time()  # the combined task of a batch has no meaning without its worker
        self.set_status(task, DONE if task.found_complete else PENDING, config)
        task.worker_running = None
        task.batch_id = None

    def revive(self, task: Any, config: Any) -> None:
        """Give a failed or disabled task a fresh start; those who gave up on it are not handed it again."""
        if task.status == DISABLED:
            for worker_id in task.failed_by:
                task.workers.discard(worker_id)
                worker = self._active_workers.get(worker_id)
                if worker is not None:
                    worker.tasks.discard(task)
            self.re_enable(task, config)
        task.clear_failures()
        task.failed_by.intersection_update(self._active_workers)  # those who are gone cannot add it again

    def retire(self, worker: Any) -> None:
        """Take everything from a worker that has ended; the next pruning removes what is left of it."""
        for task in worker.tasks:
            task.workers.discard(worker.id)
        worker.tasks.clear()
        worker.disabled = True
        worker.last_active = 0.0
