"""Luigi's scheduler with what on-demand runs need: fresh starts after failures, ended workers, reasons to wait."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from luigi import configuration
from luigi.scheduler import DISABLED, DONE, FAILED, PENDING, RUNNING, Scheduler, rpc_method
from luigi.scheduler import scheduler as scheduler_config

from trigger_service.luigid.blockers import Blockers
from trigger_service.luigid.changes import Changes
from trigger_service.luigid.tasks import WatchedTask, WatchedTasks

#: Where Luigi's own defaults do not suit runs on demand; a user's `[scheduler]` section wins.
DEFAULTS = {"stable_done_cooldown_secs": 0, "retry_count": 0, "retry_delay": 0.0}
#: How Luigi's worker words a failure after which it adds the same task again by itself, to rebuild what is missing.
RESCHEDULED = "RuntimeError: Unfulfilled depend"
#: What the ids of an attempt's workers begin with.
ATTEMPT = re.compile(r"run:[^:]+:[0-9]+:")


def read_config(state_path: Path) -> Any:
    """The `[scheduler]` section as the user wrote it, our defaults beneath it."""
    written = configuration.get_config()
    defaults = {key: value for key, value in DEFAULTS.items() if not written.has_option("scheduler", key)}
    return scheduler_config(state_path=str(state_path), record_task_history=False, **defaults)


class TriggerScheduler(Scheduler):
    """Stock's algorithm, with `revive`, `free_worker`, `blockers` and `who_did`; it tells `changes` what happens."""

    def __init__(self, config: Any, changes: Changes) -> None:
        super().__init__(config=config)
        tasks = WatchedTasks(Path(config.state_path), changes)
        tasks._metrics_collector = self._state._metrics_collector
        self._state: WatchedTasks = tasks
        self._make_task = functools.partial(WatchedTask, retry_policy=config._get_retry_policy())
        self._changes = changes
        #: Workers that have not ended and went silent: they are told so once they ask for work again.
        self._forgotten: set[str] = set()

    def add_task(
        self, task_id: Any = None, status: str = PENDING, runnable: Any = True, worker: Any = None, **rest: Any
    ) -> None:
        """As stock, but a disabling lasts no longer than the run that caused it.

        A worker that adds a task which others made fail starts it afresh. A worker that gave up on a task does not get
        it again. Stock forgets who found complete what another worker still runs; here it counts once that one is gone.
        One that ran a batch before luigid was killed, or forgot it, claims the members too, as `batch_task_ids`.
        """
        members = rest.pop("batch_task_ids", None)
        if members is not None and not self._claim(members, rest["batch_id"], worker):
            del rest["batch_id"]
        task = self._state.get_task(task_id)
        if task is not None and status == DONE and task.worker_running not in (None, worker):
            task.found_complete = True
        if task is not None and status == RUNNING and rest.get("batch_id") is not None:
            self._revive(task, worker)  # its members have a retry left, of which the task of the batch knows nothing
        if task is not None and status == PENDING:
            if worker not in task.failed_by:
                self._revive(task, worker)
            elif worker not in task.workers:
                runnable = False
        super().add_task(task_id=task_id, status=status, runnable=runnable, worker=worker, **rest)
        if task is not None and status == FAILED and RESCHEDULED in str(rest.get("expl")):
            task.failed_by.discard(worker)

    def _claim(self, members: list[str], batch_id: str, worker: str) -> bool:
        """Give a worker the members of a batch that nobody else has, whether or not they are known already: if any."""
        for task_id in members:
            task = self._state.get_task(task_id, setdefault=self._make_task(task_id=task_id, status=PENDING, deps=None))
            if task.status == PENDING:
                task.stakeholders.add(worker)
                self._state.set_batch_running(task, batch_id, worker)
        return bool(self._state.get_batch_running_tasks(batch_id))

    def get_work(self, worker: str, worker_info: Any = None, **kwargs: Any) -> dict[str, Any]:
        """As stock, with what `add_worker` takes beside.

        `was_done` tells a worker of ours that somebody has done the task before, `was_forgotten` that it was silent for
        so long that nothing is left of what it told.
        """
        if worker_info is not None:
            self.add_worker(worker, worker_info)
        reply: dict[str, Any] = super().get_work(worker=worker, **kwargs)
        task = self._state.get_task(reply["task_id"]) if reply["task_id"] is not None else None
        was_forgotten = worker in self._forgotten
        self._forgotten.discard(worker)
        return {**reply, "was_done": task is not None and task.was_done, "was_forgotten": was_forgotten}

    def ping(self, worker: str, **kwargs: Any) -> dict[str, Any]:
        """As stock, with `was_forgotten` as above."""
        return {**super().ping(worker=worker, **kwargs), "was_forgotten": worker in self._forgotten}

    def _revive(self, task: Any, worker: str) -> None:
        by_scheduler = task.status == DISABLED and task.scheduler_disable_time is not None
        if (by_scheduler or task.status == FAILED) and self._state.get_worker(worker).enabled:
            self._state.revive(task, self._config)

    @rpc_method()
    def free_worker(self, prefix: str) -> dict[str, Any]:
        """Bury the workers whose id starts with `prefix` (`run:<run>:<attempt>:`): {"freed": ids of what they ran}.

        What they ran is pending again at once for those who wait for it. Calling it twice does no harm.
        """
        if not ATTEMPT.fullmatch(prefix):
            raise ValueError(f"{prefix!r} names no attempt's workers; expected run:<run>:<attempt>:")
        workers = [worker for worker in self._state.get_active_workers() if worker.id.startswith(prefix)]
        freed = self._free(lambda worker_id: worker_id.startswith(prefix))
        for worker in workers:
            self._state.retire(worker)
        self._forgotten = {worker_id for worker_id in self._forgotten if not worker_id.startswith(prefix)}
        self._changes.record(None)
        return {"freed": freed}

    def _free(self, is_gone: Callable[[str], bool]) -> list[str]:
        freed = [task for task in self._state.held() if is_gone(task.worker_running)]
        for task in freed:
            self._state.release(task, self._config)
        return [task.id for task in freed]

    def _prune_workers(self) -> None:
        """As stock, but what a silent worker ran is given back and not marked as failed."""
        pruned = [worker for worker in self._state.get_active_workers() if worker.prune(self._config)]
        silent = {worker.id for worker in pruned}
        self._forgotten.update(worker.id for worker in pruned if ATTEMPT.match(worker.id) and not worker.disabled)
        self._free(silent.__contains__)
        super()._prune_workers()
        if silent:
            self._changes.record(None)

    @rpc_method()
    def blockers(self, worker: str) -> dict[str, Any]:
        """What the undone tasks that `worker` added wait for, and whatever these depend on:

        `version` for `/wait` · `paused` · `running_elsewhere` [{task_id, worker, host, pid}] · `ready` [{task_id,
        reason}]: dependencies done, not granted · `impossible` [{task_id, reason}]: needs more of a resource than there
        is · `failed` [{task_id, status, by: [worker], retry_at: seconds since
        the epoch or null, mine}] · `pending`: how many.
        """
        return {"version": self._changes.version, **Blockers(self, worker).report()}

    @rpc_method()
    def who_did(self, tasks: list[str]) -> dict[str, dict[str, Any]]:
        """Who did those of the `tasks` that are done, by task id: {worker, host, pid}; empty where it is not known."""
        found = (self._state.get_task(task_id) for task_id in tasks)
        return {task.id: self._known_of(task.done_by) for task in found if task is not None and task.status == DONE}

    def _known_of(self, worker_id: str) -> dict[str, Any]:
        worker = self._state._active_workers.get(worker_id)
        info = worker.info if worker else {}
        return {"worker": worker_id, "host": info.get("host", ""), "pid": info.get("pid")}

    def pause(self) -> None:
        """As stock; then tell."""
        super().pause()
        self._changes.record(None)

    def unpause(self) -> None:
        """As stock; then tell."""
        super().unpause()
        self._changes.record(None)

    def update_resources(self, **resources: int) -> None:
        """As stock; then tell."""
        super().update_resources(**resources)
        self._changes.record(None)

    def update_resource(self, resource: str, amount: int) -> Any:
        """As stock; then tell."""
        accepted = super().update_resource(resource, amount)
        self._changes.record(None)
        return accepted

    def decrease_running_task_resources(self, task_id: str, decrease_resources: Any) -> None:
        """As stock; then tell."""
        super().decrease_running_task_resources(task_id, decrease_resources)
        self._changes.record(None)

    def disable_worker(self, worker: str) -> None:
        """As stock; then tell."""
        super().disable_worker(worker)
        self._changes.record(None)
