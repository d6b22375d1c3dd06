"""The life of a run child: take the lock, run the root task to its end, say how it ended."""

from __future__ import annotations

import contextlib
import errno
import logging
import multiprocessing.queues
import multiprocessing.synchronize  # noqa: F401 (Luigi needs both: imported once, not in each forked child)
import os
import sys
import threading
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, FrozenSet, Mapping

import luigi
from luigi.execution_summary import LuigiRunResult

from trigger_service.domain.errors import TriggerError
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.run import RunError
from trigger_service.domain.spec import ExitReport, RunFolder, RunSpec
from trigger_service.runner import linux
from trigger_service.runner.alive import AliveLock
from trigger_service.runner.doorbell import Doorbell
from trigger_service.runner.hooks import Observer
from trigger_service.runner.import_guard import import_module
from trigger_service.runner.leaving import run_exit_handlers, wait_for_threads
from trigger_service.runner.loading import find_task
from trigger_service.runner.output import Output
from trigger_service.runner.privacy import Privacy
from trigger_service.runner.proxy import Luigid
from trigger_service.runner.spool import Spool, make_spool
from trigger_service.runner.tracebacks import told
from trigger_service.runner.verdict import ask, judge
from trigger_service.runner.worker import RunWorker

#: Status of a child whose folder could not even take its last word (EX_IOERR of sysexits.h).
EXIT_UNWRITABLE = 74
#: Names the attempt in the environment of everything that it starts, so that all of it can be found and ended.
VARIABLE = "LUIGI_TRIGGER_ATTEMPT"
#: Characters of an error's message that are kept; its traceback is kept whole.
MESSAGE_LIMIT = 10_000
#: Bytes set aside at the start, so that a full disk still has room for `exit.json`.
RESERVE = 64 << 10


def run_attempt(folder: Path, secrets: Mapping[str, str], code: Mapping[str, Any]) -> int:
    """Work on the attempt whose folder this is; the exit status says only whether `exit.json` could be written.

    `code` is reported: fingerprint, commit, dirty.
    """
    run_folder = RunFolder(folder)
    lock = AliveLock.take(run_folder)
    if lock is None or run_folder.exit_file.exists():
        return 0
    spec = run_folder.read_spec()
    os.environ[VARIABLE] = f"{spec.run_id}:{spec.attempt}"
    doorbell = Doorbell(spec.doorbell)
    try:
        return _Attempt(run_folder, spec, doorbell, secrets).run(code)
    except OSError as error:
        os.write(2, f"the run folder {folder} cannot be written: {error}\n".encode())
        return EXIT_UNWRITABLE
    finally:
        doorbell.ring(spec.run_id)


class _Attempt:
    """One attempt in this process."""

    def __init__(self, folder: RunFolder, spec: RunSpec, doorbell: Doorbell, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets
        self._folder = folder
        self._spec = spec
        make_spool(folder.spool)
        spool = Spool(folder.spool)
        self._privacy = Privacy(secrets, spec.private_digest, spool.in_memory(), spool.publish)
        self._luigid = Luigid(spec.scheduler_url, spec.scheduler_patience_s, self._privacy)
        self._luigid.connect()
        self._reserve = folder.path / ".reserve"
        self._set_room_aside()
        self._observer = Observer(folder.path, spec.run_id, doorbell, self._privacy)
        self._output = Output(spool, self._privacy)
        self._worker_id = f"run:{spec.run_id}:{spec.attempt}:0"
        #: What the import of the module has started is not waited for.
        self._older_threads: FrozenSet[threading.Thread] = frozenset()

    def run(self, code: Mapping[str, Any]) -> int:
        self._output.install()
        self._observer.event(
            "started",
            pid=os.getpid(),
            started=linux.started_ticks(os.getpid()),
            boot_id=linux.boot_id(),
            python=".".join(map(str, sys.version_info[:3])),
            luigi=luigi.__version__,
            worker_id=self._worker_id,
            code=dict(code),
        )
        fail_point("child after it said that it started")
        report = self._guarded()
        run_exit_handlers(self._older_threads)
        fail_point("child between the last task and exit.json")
        self._reserve.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._observer.event("finished", outcome=report.outcome)
        self._folder.write_exit(self._masked(report))
        fail_point("child after exit.json")
        return 0

    def _guarded(self) -> ExitReport:
        """Whatever the user's code does, there is a report."""
        try:
            return self._work()
        except KeyboardInterrupt as interrupt:
            text = "interrupted before the root was complete"
            return self._report("cancelled", RunError("Interrupted", text, _task_in(interrupt), traceback.format_exc()))
        except TriggerError as error:
            return self._report("failed", RunError(type(error).__name__, str(error)))
        except BaseException as error:
            text = told(error, MESSAGE_LIMIT)
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                text = f"No space left on device: {error.filename or self._folder.path}"
            return self._report("failed", RunError(type(error).__name__, text, _task_in(error), traceback.format_exc()))

    def _work(self) -> ExitReport:
        spec = self._spec
        try:
            import_module(spec.module)
        finally:
            self._older_threads = frozenset(threading.enumerate())
            self._privacy.begin()
        self._output.configure_loggers()
        family = find_task(spec.module, spec.family)
        self._privacy.expect(family, self._secrets)
        root = family.from_str_params({**spec.parameters, **self._secrets})
        self._privacy.learn(root, is_root=True)
        worker = RunWorker(self._luigid, self._worker_id, spec.workers, self._observer, self._output)
        settings = luigi.configuration.get_config()
        with worker:
            fail_point("child before the tree is added")
            success = worker.add(
                root,
                multiprocess=settings.getboolean("core", "parallel_scheduling", False),
                processes=settings.getint("core", "parallel_scheduling_processes", 0),
            )
            fail_point("child before the first task")
            success &= worker.run()
        wait_for_threads(self._older_threads)
        return self._judged(root, worker, _summarized(worker, success))

    def _judged(self, root: luigi.Task, worker: RunWorker, luigi_status: str) -> ExitReport:
        state = ask(root)
        verdict = judge(root.task_id, state, worker.work(root.task_id))
        report = self._report("succeeded" if verdict.succeeded else "failed", verdict.error)
        return ExitReport(
            outcome=report.outcome,
            root_complete=state.complete,
            verified=verdict.verified,
            luigi_status=luigi_status,
            counts=report.counts,
            error=verdict.error,
            finished_at=report.finished_at,
        )

    def _report(self, outcome: str, error: RunError | None) -> ExitReport:
        counts: Dict[str, int] = {}
        for status in self._observer.statuses.values():
            counts[status] = counts.get(status, 0) + 1
        return ExitReport(outcome, counts=counts, error=error, finished_at=time.time())  # type: ignore[arg-type]

    def _masked(self, report: ExitReport) -> ExitReport:
        error = report.error
        if error is None:
            return report
        told = self._privacy.mask.value({"message": error.message, "traceback": error.traceback})
        task_id = None if error.task_id is None else self._privacy.shown(error.task_id)
        return replace(report, error=replace(error, task_id=task_id, **told))

    def _set_room_aside(self) -> None:
        with self._reserve.open("wb") as file:
            if sys.platform == "linux":
                os.posix_fallocate(file.fileno(), 0, RESERVE)


def _summarized(worker: RunWorker, success: bool) -> str:
    """Log Luigi's summary, and give its status; empty where there is none: it asks the tasks again, to any depth."""
    log = logging.getLogger("luigi-interface")
    try:
        result = LuigiRunResult(worker, success)
    except Exception as error:
        log.warning("Luigi's summary of the run could not be made: %s", told(error))
        return ""
    log.info(result.summary_text)
    return str(result.status.name)


def _task_in(error: BaseException) -> str | None:
    """The id of the task in whose code, or at whose turn, an error was raised: the innermost one."""
    frames = [frame.f_locals for frame, _ in traceback.walk_tb(error.__traceback__)]
    owners = [values.get(name) for values in reversed(frames) for name in ("self", "task")]
    tasks = (owner for owner in owners if issubclass(type(owner), luigi.Task) and owner.initialized())
    return next((task.task_id for task in tasks), None)
