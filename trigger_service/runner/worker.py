"""Luigi's worker, observed, and led past the places where stock ends too early, waits for ever or loses track."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Dict, Iterator, List, Mapping, Optional, Set, Tuple

import luigi
from luigi.event import Event
from luigi.scheduler import DISABLED, DONE, FAILED, RUNNING, WORKER_STATE_ACTIVE
from luigi.task_register import load_task
from luigi.worker import GetWorkResponse, logger

from trigger_service.domain.errors import NoSharedMemory
from trigger_service.domain.failpoints import fail_point
from trigger_service.runner.elsewhere import Elsewhere
from trigger_service.runner.foresight import ForeseeingWorker
from trigger_service.runner.hooks import ObservedReporter, Observer
from trigger_service.runner.messages import Messages
from trigger_service.runner.output import Output
from trigger_service.runner.process import ObservedTaskProcess
from trigger_service.runner.proxy import Luigid
from trigger_service.runner.results import Results
from trigger_service.runner.unfulfilled import Unfulfilled
from trigger_service.runner.verdict import Work, missing_outputs
from trigger_service.runner.waiting import Wait, decide

#: What is said of external data that was missing when the run looked for the first time.
APPEARED = "The data has appeared while the run went on."
#: The answer of a luigid that was not asked, since everything that it was told of is done or under way here.
NOTHING = GetWorkResponse(None, 0, 0, 0, 0, WORKER_STATE_ACTIVE)
#: Seconds between two looks at luigid while tasks of ours run.
LOOK_S = 1.0
#: The keys of `[worker]` that the product owns; the user's own values hold for the rest.
OWNED: Mapping[str, Any] = {
    "keep_alive": False,
    "ping_interval": 0.5,
    "wait_interval": 0.02,
    "wait_jitter": 0.0,
    "count_uniques": False,
    "count_last_scheduled": False,
    "no_install_shutdown_handler": True,
}


class RunWorker(ForeseeingWorker):
    """The worker of one attempt."""

    def __init__(
        self, scheduler: Luigid, worker_id: str, workers: int, observer: Observer, output: Output, **settings: Any
    ) -> None:
        """`settings` are keys of `[worker]` that stand above the project's."""
        try:
            super().__init__(scheduler, worker_id, workers, **OWNED, **settings)
        except OSError as error:
            raise NoSharedMemory(reason=error) from error
        self._observer = observer
        self._output = output
        self._privacy = scheduler.privacy
        self.unfulfilled_counts = Unfulfilled()
        self._results = Results()
        self._task_result_queue: Any = self._results
        scheduler.call_on_restart(self.luigid_restarted)
        #: The newest arguments of `add_task` by task id, to tell a luigid that has forgotten them.
        self._told: Dict[str, Dict[str, Any]] = {}
        #: Those that luigid was not told to be done.
        self._undone: Set[str] = set()
        self._luigid_forgot = False
        #: luigid's id of each batch under way and its other members, by the id of the task that runs for all of them.
        self._batches: Dict[str, Tuple[str, List[str]]] = {}
        #: The task whose new status luigid is just being told.
        self._reporting = ""
        self._suspended: Set[str] = set()
        self._taken_over: Set[str] = set()
        #: Tasks that may have become complete since this run looked: their targets are asked before they are run.
        self._doubtful: Set[str] = set()
        self._explanations: Dict[str, str] = {}
        self._next_wait: Optional[Wait] = None
        self._elsewhere = Elsewhere(scheduler, worker_id, observer)
        self._impossible: Mapping[str, str] = {}

    def __exit__(self, *error: object) -> None:
        """As stock, but it does not wait for the keep-alive thread, which may be waiting for a luigid that is away."""
        self._keep_alive_thread.stop()
        for process in self._own_processes().values():
            if process.is_alive():
                process.terminate()
        self._results.close()

    # -- telling luigid and the journal

    def _validate_task(self, task: Any) -> None:
        """Stock looks at every task before anything else is done with it, and so do we."""
        super()._validate_task(task)
        self._privacy.learn(task)

    def _validate_dependency(self, dependency: Any) -> None:
        """Its id is told before the task itself is looked at: as what the other one requires."""
        super()._validate_dependency(dependency)
        self._privacy.learn(dependency)

    def _add_task(self, *args: Any, **kwargs: Any) -> None:
        task_id = kwargs["task_id"]
        task = self._scheduled_tasks.get(task_id)
        fail_point("child before a task's status is reported")
        self._reporting = task_id
        super()._add_task(*args, **kwargs)
        _, members = self._batches.pop(task_id, ("", []))
        self._remember(kwargs)
        for member in members:
            self._remember({"task_id": member, "status": kwargs["status"]})
        self._reporting = ""
        if kwargs.get("new_deps"):
            self._suspended.add(task_id)
        self._observer.added(task, kwargs, task_id in self._running_tasks, self._explanations.pop(task_id, ""))
        for member in members:
            self._observer.batch_member(member, kwargs)

    def _remember(self, kwargs: Dict[str, Any]) -> None:
        before = self._told.get(kwargs["task_id"], {})
        merged = {**before, **{name: value for name, value in kwargs.items() if value is not None}}
        merged["deps"] = sorted({*(before.get("deps") or ()), *(kwargs.get("deps") or ()), *kwargs.get("new_deps", ())})
        merged.pop("new_deps", None)
        self._told[kwargs["task_id"]] = merged
        (self._undone.discard if merged["status"] == DONE else self._undone.add)(kwargs["task_id"])

    def _log_complete_error(self, task: luigi.Task, tb: str) -> None:
        self._explanations[task.task_id] = tb
        super()._log_complete_error(task, tb)

    def _log_dependency_error(self, task: luigi.Task, tb: str) -> None:
        self._explanations[task.task_id] = tb
        super()._log_dependency_error(task, tb)

    # -- a luigid that was restarted

    def luigid_restarted(self) -> None:
        """Claim at once what runs here, so that nobody else is given it; the rest follows with the next `get_work`."""
        self._luigid_forgot = True
        for task_id in set(self._running_tasks) - {self._reporting}:
            self._claim(task_id)

    def _claim(self, task_id: str) -> None:
        task = self._scheduled_tasks[task_id]
        about = {"task_id": task_id, "family": task.task_family, "module": task.task_module}
        told = self._told.get(task_id) or {**about, "params": task.to_str_params()}
        claim = {**told, "worker": self._id, "status": RUNNING}
        batch = self._batches.get(task_id)
        if batch is not None:
            claim["batch_id"], claim["batch_task_ids"] = batch
        self._scheduler.add_task(**claim)

    def _tell_again(self) -> None:
        self._luigid_forgot = False
        self._observer.event("note", text="luigid has forgotten this run; its tasks are told to it again")
        self._batch_families_sent.clear()
        self._add_worker()
        for task_id, told in list(self._told.items()):
            if task_id in self._running_tasks or told["status"] in (FAILED, DISABLED):
                continue  # what failed here for good is not offered to be run again
            if told["status"] == "PENDING":
                self._doubtful.add(task_id)
                self._add_task_batcher(self._scheduled_tasks[task_id])
            self._scheduler.add_task(**told)

    def _get_work(self) -> Any:
        members = [member for _, batch in self._batches.values() for member in batch]
        if self._undone <= {*self._running_tasks, *members}:
            return NOTHING
        if self._luigid_forgot:
            self._tell_again()
        response = super()._get_work()
        while self._luigid_forgot and response.task_id is None:
            self._tell_again()
            response = super()._get_work()
        if response.task_id is None and self._observer.failures and self._repeat_failed():
            response = super()._get_work()
        return response

    # -- running tasks

    def _create_task_process(self, task: luigi.Task) -> ObservedTaskProcess:
        messages = Messages(self._scheduler) if task.accepts_messages else None
        reporter = ObservedReporter(self._observer, self._scheduler, task.task_id, self._id, messages)
        process = ObservedTaskProcess(
            self._observer,
            self._output,
            task.task_id in self._suspended,
            self._config.task_process_context,
            task,
            self._id,
            self._results,
            reporter,
            use_multiprocessing=self._config.force_multiprocessing or self.worker_processes > 1,
            worker_timeout=self._config.timeout,
            check_unfulfilled_deps=self._config.check_unfulfilled_deps,
            check_complete_on_run=self._config.check_complete_on_run,
            task_completion_cache=self._task_completion_cache,
        )
        _, process.batch = self._batches.get(task.task_id, ("", ()))
        self._suspended.discard(task.task_id)
        if process.use_multiprocessing:
            process.writer = self._free_writer()
            process.result_queue = self._results.channel(task.task_id)
        return process

    def _is_complete_by_now(self, task_id: str) -> bool:
        """Whether there is nothing left to do for a task because somebody has done it meanwhile; luigid is told so."""
        self._doubtful.discard(task_id)
        try:
            complete = bool(self._scheduled_tasks[task_id].complete())
        except Exception:  # run() will show what is wrong with it
            return False
        if complete:
            self._add_task(worker=self._id, task_id=task_id, status=DONE, runnable=None)
        return complete

    def _free_writer(self) -> int:
        taken = {process.writer for process in self._running_tasks.values()}
        return next(number for number in range(1, len(taken) + 2) if number not in taken)

    def _get_work_task_id(self, response: Dict[str, Any]) -> Any:
        members = [self._scheduled_tasks[t] for t in response.get("batch_task_ids", ()) if t in self._scheduled_tasks]
        if members and self._privacy.private_of(type(members[0])):
            self._privacy.complete_batch(response, members)
            with contextlib.suppress(Exception):  # of which stock will tell
                about = (response["task_module"], response["task_family"], response["task_params"])
                self._privacy.learn(load_task(*about))
        task_id = super()._get_work_task_id(response)
        if task_id is not None and "batch_id" in response:
            others = [member.task_id for member in members if member.task_id != task_id]
            self._batches[task_id] = response["batch_id"], others
        if response.get("was_done"):
            self._doubtful.add(task_id)
        return task_id

    def _run_task(self, task_id: str) -> None:
        if task_id in self._doubtful and task_id not in self._running_tasks and self._is_complete_by_now(task_id):
            return
        self._elsewhere.say_done(self._told.get(task_id, {}).get("deps") or (), self._told)
        super()._run_task(task_id)
        process = self._running_tasks[task_id]
        if process.use_multiprocessing:
            process.result_queue.close()

    def _handle_next_task(self) -> None:
        """Sleep until a result is there, a task process is dead, or it is time to look."""
        processes = self._own_processes()
        deadlines = [p.timeout_time - time.time() for p in processes.values() if p.timeout_time is not None]
        sentinels = [process.sentinel for process in processes.values()]
        self._results.wait(sentinels, timeout=max(0.0, min([LOOK_S, *deadlines])))
        super()._handle_next_task()

    def _own_processes(self) -> Dict[str, ObservedTaskProcess]:
        return {task_id: p for task_id, p in self._running_tasks.items() if p.use_multiprocessing}

    def _purge_children(self) -> None:
        """Find task processes that died or must die; stock misses one that ended with status 0 and no result."""
        for task_id, process in self._own_processes().items():
            if process.timeout_time is not None and time.time() > process.timeout_time and process.is_alive():
                process.terminate()
                message = f"Task {task_id} timed out after {process.worker_timeout} seconds and was terminated."
                self._bury(process, Event.TIMEOUT, message)
            elif not process.is_alive() and not self._results.has(task_id):
                message = f"Task {task_id} died unexpectedly with exit code {process.exitcode}"
                self._bury(process, Event.PROCESS_FAILURE, message)

    def _bury(self, process: ObservedTaskProcess, event: str, message: str) -> None:
        """Whatever the task reported at the last moment, it has failed; only its targets know how far it came."""
        self._doubtful.add(process.task.task_id)
        process.task.trigger_event(event, process.task, message)
        logger.info(message)
        self._results.replace((process.task.task_id, FAILED, message, [], []))

    # -- nothing to do: end, wait, repeat or take over

    def _repeat_failed(self) -> bool:
        step = decide(self._scheduler.blockers(self._id), time.time(), frozenset(self._taken_over))
        for task_id in step.retry:
            self._scheduler.forgive_failures(task_id=task_id)
            self._observer.event("status", task_id, status="pending")
            self._told[task_id]["status"] = "PENDING"
        return bool(step.retry)

    def work(self, root_id: str) -> Work:
        """What there is to know of the tasks at the end."""
        self._elsewhere.say_done(list(self._observer.statuses), self._told)
        statuses: Dict[str, str] = dict(self._observer.statuses)
        missing = {}
        for task_id in self._missing_externals():
            statuses[task_id] = "missing"
            missing[task_id] = missing_outputs(self._scheduled_tasks[task_id])
        return Work(
            statuses=statuses,
            failures=self._observer.failures,
            built_elsewhere=self._elsewhere.built(root_id),
            needs={task_id: told.get("deps", ()) for task_id, told in self._told.items()},
            missing=missing,
            impossible=self._impossible,
        )

    def _missing_externals(self) -> List[str]:
        return [t for t, told in self._told.items() if told["status"] == "PENDING" and not told["runnable"]]

    def _keep_alive(self, get_work_response: Any) -> bool:  # noqa: ARG002 (Luigi's signature)
        if self._stop_requesting_work or not self._undone:
            return False
        failed_here = {task_id for task_id, status in self._observer.statuses.items() if status == "failed"}
        step = decide(self._scheduler.blockers(self._id), time.time(), frozenset(self._taken_over | failed_here))
        for task_id in step.take_over:
            self._take_over(task_id)
        self._next_wait = step.wait
        self._impossible = step.impossible
        return not step.ends or self._find_externals()

    def _find_externals(self) -> bool:
        """Look a last time for external data that was missing: whether some of it has appeared, which is told."""
        missing = self._missing_externals()
        self._explanations.update(dict.fromkeys(missing, APPEARED))
        return bool([task_id for task_id in missing if self._is_complete_by_now(task_id)])

    def _take_over(self, task_id: str) -> None:
        """Another worker failed a task that this run needs: look at it afresh and build it here."""
        self._taken_over.add(task_id)
        task = self._scheduled_tasks.get(task_id)
        if task is not None:
            self._observer.event("note", text=f"{task_id} failed elsewhere and is built here")
            self.add(task)

    def _sleeper(self) -> Iterator[None]:
        while True:
            wait, self._next_wait = self._next_wait, None
            if wait is not None:
                self._doubtful.update(wait.reasons)
                self._elsewhere.say_waits(wait)
                self._scheduler.wait(list(wait.tasks), wait.version, wait.timeout_s)
            yield
