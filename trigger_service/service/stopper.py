"""Stops the children of runs that are being cancelled or ran out of time, step by step."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from trigger_service.domain import stopping
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.run import Attempt, Run
from trigger_service.domain.spec import Handle
from trigger_service.launchers.base import Launcher

log = logging.getLogger(__name__)


class Stopper:
    """Remembers what has been done to whom only to do it once: a new one begins with what the time elapsed demands."""

    def __init__(self, launcher: Launcher, grace_s: float) -> None:
        self._launcher = launcher
        self._grace_s = grace_s
        self._done: dict[str, tuple[int, stopping.Force]] = {}

    def stop(self, pairs: Sequence[tuple[Run, Attempt]], now: float) -> None:
        """Do what is due to each child that should have stopped. A kill is repeated: forks may have slipped by."""
        for run, attempt in pairs:
            since = stopping.stop_since(run, attempt)
            if since is None or attempt.handle is None:
                continue
            step = (attempt.number, stopping.force(now - since, self._grace_s))
            if self._done.get(run.id) == step and step[1] != "kill":
                continue
            log.info("stopping a child", extra={"action": step[1], "run_id": run.id, "attempt": attempt.number})
            self._launcher.stop(Handle.from_json(attempt.handle), step[1])
            fail_point("after a child was told to stop")
            self._done[run.id] = step

    def next_step(self, pairs: Sequence[tuple[Run, Attempt]], now: float) -> float | None:
        """When there is something to do next (seconds since the epoch); None for never."""
        steps = (stopping.next_step(run, attempt, now, self._grace_s) for run, attempt in pairs)
        return min((step for step in steps if step is not None), default=None)

    def keep(self, live: Mapping[str, int]) -> None:
        """Forget all runs but the live ones."""
        self._done = {run_id: step for run_id, step in self._done.items() if run_id in live}
