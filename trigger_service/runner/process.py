"""One task's execution, in the child itself or in a process forked for it."""

from __future__ import annotations

import signal
import time
import traceback
from typing import Any, List, Optional, Sequence, Tuple

from luigi.worker import ContextManagedTaskProcess

from trigger_service.domain.failpoints import fail_point
from trigger_service.runner import interrupts, linux
from trigger_service.runner.hooks import Observer
from trigger_service.runner.output import Output

#: Seconds a task process has to end after SIGTERM before it is killed.
GRACE_S = 2.0
_LOOK_S = 0.01


class ObservedTaskProcess(ContextManagedTaskProcess):
    """Luigi's task process (with the user's own context, if there is one), observed, and ended when it must end."""

    def __init__(self, observer: Observer, output: Output, resumed: bool, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._observer = observer
        self._output = output
        self._resumed = resumed
        #: The writer that this execution is, when it has a process of its own.
        self.writer = 0
        #: The ids of the other tasks for which it runs, as a batch.
        self.batch: Sequence[str] = ()

    def run(self) -> None:
        """Run the task with its output connected to its log."""
        if self.use_multiprocessing:
            linux.die_with_parent(self._parent_pid)
            interrupts.after_fork()
            self._observer.after_fork(self.writer)
            self._output.after_fork()
        with self._output.of(self.task.task_id):
            super().run()
        fail_point("task process after its result was reported")

    def _run_get_new_deps(self) -> Optional[List[Tuple[str, str, Any]]]:
        task_id = self.task.task_id
        self._observer.began(task_id, self._resumed)
        fail_point("task process before run")
        new_dependencies, ok = None, False
        try:
            new_dependencies = super()._run_get_new_deps()
            ok = True
        finally:
            self._observer.ended(self.task, ok, bool(new_dependencies), self.batch)
        fail_point("task process after run")
        return new_dependencies

    def _handle_run_exception(self, ex: BaseException) -> Any:
        """What the task makes of its failure; where its on_failure() fails too, both tracebacks."""
        self._observer.raised(self.task.task_id, ex)
        try:
            return super()._handle_run_exception(ex)
        except Exception:
            traceback.print_exc()
            return traceback.format_exc()

    def terminate(self) -> None:
        """End this process and everything it started: SIGTERM, and SIGKILL for what ignores it."""
        root = linux.process_stat(self.pid) if self.pid else None
        if root is None:  # it has ended, or this is no Linux
            super().terminate()
            return
        offspring = linux.descendants(root.pid)
        linux.send([root], signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        self.join(GRACE_S)
        linux.send(offspring, signal.SIGTERM)
        while any(stat.is_there() for stat in offspring) and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
        linux.send([root, *offspring], signal.SIGKILL)
        self.join()
