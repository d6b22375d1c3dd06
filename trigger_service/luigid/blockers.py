"""What a worker's undone tasks wait for. Reads the scheduler, changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from luigi.scheduler import BATCH_RUNNING, DISABLED, DONE, FAILED, PENDING, RUNNING

#: Number of holders that a reason names.
NAMED = 3
#: Number of ready tasks that are explained; a paused luigid may have thousands.
EXPLAINED = 100


class Blockers:
    """One look at the scheduler on behalf of one worker: the tasks it added and, below them, whatever is undone."""

    def __init__(self, scheduler: Any, worker_id: str) -> None:
        self._scheduler = scheduler
        self._state = scheduler._state
        self._worker_id = worker_id
        self._used = scheduler._used_resources()

    def report(self) -> dict[str, Any]:
        """The answer of the RPC method `blockers`, without its version (see `TriggerScheduler.blockers`)."""
        running: list[dict[str, Any]] = []
        ready: list[dict[str, Any]] = []
        impossible: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        pending = 0
        for task in self._undone():
            if task.status in (RUNNING, BATCH_RUNNING):
                if task.worker_running != self._worker_id:
                    running.append(self._running(task))
            elif task.status in (FAILED, DISABLED):
                failed.append(self._failed(task))
            elif task.status == PENDING:
                pending += 1
                too_much = self._why_never_granted(task)
                reason = self._why_not_granted(task) if len(ready) < EXPLAINED else None
                if too_much is not None:
                    impossible.append({"task_id": task.id, "reason": too_much})
                elif reason is not None:
                    ready.append({"task_id": task.id, "reason": reason})
        return {
            "paused": self._scheduler._paused,
            "running_elsewhere": running,
            "ready": ready,
            "impossible": impossible,
            "failed": failed,
            "pending": pending,
        }

    def _undone(self) -> Iterator[Any]:
        """The worker's tasks and all they depend on; not what lies below a task that runs or has failed."""
        worker = self._state._active_workers.get(self._worker_id)
        stack = [task for task in worker.tasks if task.status != DONE] if worker else []
        seen = {task.id for task in stack}
        while stack:
            task = stack.pop()
            yield task
            if task.status != PENDING:
                continue
            for dependency in task.deps:
                below = self._state.get_task(dependency)
                if below is not None and below.status != DONE and dependency not in seen:
                    seen.add(dependency)
                    stack.append(below)

    def _running(self, task: Any) -> dict[str, Any]:
        worker = self._state._active_workers.get(task.worker_running)
        info = worker.info if worker else {}
        return {
            "task_id": task.id,
            "worker": task.worker_running,
            "host": info.get("host", ""),
            "pid": info.get("pid"),
        }

    def _failed(self, task: Any) -> dict[str, Any]:
        disabled_by_its_class = task.status == DISABLED and task.scheduler_disable_time is None
        return {
            "task_id": task.id,
            "status": task.status,
            "by": sorted(task.failed_by),
            "retry_at": task.retry if task.status == FAILED else None,
            "mine": disabled_by_its_class or self._worker_id in task.failed_by,
        }

    def _why_never_granted(self, task: Any) -> str | None:
        """What a task needs more of than there is altogether; None where there is enough."""
        available = self._scheduler._resources or {}
        for name, amount in task.resources.items():
            if amount > available.get(name, 1):
                return f"needs {amount} of the resource {name}, of which there is {available.get(name, 1)}"
        return None

    def _why_not_granted(self, task: Any) -> str | None:
        """Why a task whose dependencies are done does not run; None where they are not, or nobody could run it."""
        if not self._scheduler._schedulable(task):
            return None
        others = [worker for worker in task.workers if worker != self._worker_id and self._is_alive(worker)]
        if self._worker_id not in task.workers and not others:
            return None
        if self._scheduler._paused:
            return "luigid is paused"
        available = self._scheduler._resources or {}
        for name, amount in task.resources.items():
            total = available.get(name, 1)
            if amount + self._used[name] > total:
                return f"resource {name}: {self._used[name]} of {total} used by {self._holders(name)}"
        if self._worker_id not in task.workers:
            return f"waits for worker {others[-1]} to take it"
        return "can be granted"

    def _is_alive(self, worker_id: str) -> bool:
        worker = self._state._active_workers.get(worker_id)
        return worker is not None and worker.enabled and not worker.prune(self._scheduler._config)

    def _holders(self, resource: str) -> str:
        holders = [
            task.id
            for task in self._state.get_active_tasks_by_status(RUNNING)
            if getattr(task, "resources_running", task.resources).get(resource)
        ]
        more = f" and {len(holders) - NAMED} more" if len(holders) > NAMED else ""
        return ", ".join(holders[:NAMED]) + more if holders else "nothing"
