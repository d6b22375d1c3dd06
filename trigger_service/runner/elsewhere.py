"""What other workers do of a run's tasks: for whom it waits, and who has done what meanwhile."""

from __future__ import annotations

import contextlib
from typing import Any, Dict, Iterable, List, Mapping

from luigi.rpc import RPCError

from trigger_service.domain.spec import parse_worker_id
from trigger_service.runner.hooks import Observer
from trigger_service.runner.proxy import Luigid
from trigger_service.runner.waiting import Wait, builder


class Elsewhere:
    """Tells the journal of the work of others."""

    def __init__(self, luigid: Luigid, worker_id: str, observer: Observer) -> None:
        self._luigid = luigid
        self._worker_id = worker_id
        self._observer = observer
        #: What tasks of this run waited for, by task id.
        self._waited: Dict[str, str] = {}

    def say_waits(self, wait: Wait) -> None:
        """Say of each task what it waits for, where that is new."""
        for task_id, reason in wait.reasons.items():
            if self._waited.get(task_id) != reason:
                self._waited[task_id] = reason
                self._observer.event("waiting", task_id, **{"for": reason})

    def built(self, task_id: str) -> bool:
        """Whether this run waited for another worker to build the task, and luigid no longer counts it as undone."""
        if task_id not in self._waited:
            return False
        blockers = self._luigid.blockers(self._worker_id)
        undone = [*blockers["running_elsewhere"], *blockers["ready"], *blockers["failed"]]
        return blockers["pending"] == 0 and task_id not in {entry["task_id"] for entry in undone}

    def say_done(self, task_ids: Iterable[str], told: Mapping[str, Mapping[str, Any]]) -> None:
        """Say of these tasks, and of what they need, who did them: of those that luigid counts as done, not done here.

        `told` has what luigid was told of each, with `deps`. That somebody did it is enough to go on: a luigid that
        cannot say who is no reason to fail.
        """
        undone = self._undone(task_ids, told)
        if undone:
            with contextlib.suppress(RPCError):
                for task_id, done_by in self._luigid.who_did(undone).items():
                    self._observer.done_elsewhere(task_id, _who(done_by))

    def _undone(self, task_ids: Iterable[str], told: Mapping[str, Mapping[str, Any]]) -> List[str]:
        """Those of the tasks, and of what they need, of which this run does not know that they are done."""
        statuses = self._observer.statuses
        found: Dict[str, None] = {}
        left = list(task_ids)
        while left:
            task_id = left.pop()
            if statuses.get(task_id) == "pending" and task_id not in found:
                found[task_id] = None
                left.extend(told.get(task_id, {}).get("deps") or ())
        return list(found)


def _who(done_by: Mapping[str, Any]) -> str:
    """What is told of a worker; empty where luigid knows nothing of it any more."""
    return builder(done_by) if done_by["host"] or parse_worker_id(done_by["worker"]) else ""
