"""Takes queued runs to their child: claims one, launches it, and stores its handle."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trigger_service.domain.ending import launch_failed, never_started
from trigger_service.domain.errors import LaunchFailed, Unavailable
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.place import Place
from trigger_service.domain.run import LIVE, Progress, Run
from trigger_service.domain.spec import RunFolder, RunSpec, attempt_folder
from trigger_service.launchers.base import Launcher
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.doorbell import Doorbell
from trigger_service.service.endings import conclude
from trigger_service.service.fence import Fence, fence
from trigger_service.store import attempts, runs
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

ACTOR = "dispatcher"


class Starter:
    """Safe for any thread; no two may have the same run."""

    def __init__(
        self,
        *,
        home: Path,
        database: Database,
        launcher: Launcher,
        broadcast: Broadcast,
        doorbell: Doorbell,
        scheduler_url: Callable[[Place], str],
    ) -> None:
        """`scheduler_url` gives the address of a place's luigid."""
        self._home = home
        self._database = database
        self._launcher = launcher
        self._broadcast = broadcast
        self._doorbell = doorbell
        self._scheduler_url = scheduler_url
        self._under_way: set[str] = set()

    def is_starting(self, run_id: str) -> bool:
        """Whether a run is between its claim and its stored handle now, by this process."""
        return run_id in self._under_way

    def claim(self, run_id: str) -> Run | None:
        """Make a queued run this process's to launch; None where it is not queued any more."""
        self._under_way.add(run_id)
        try:
            run = self._claim(run_id)
        except BaseException:
            self._under_way.discard(run_id)
            raise
        if run is None:
            self._under_way.discard(run_id)
        else:
            self._broadcast.notify(run_id)
        return run

    def launch(self, run: Run) -> str:
        """Start the child of a run that was claimed; gives why its place cannot start any now, empty where it can."""
        try:
            fail_point("between claim and launch")
            return self._launch(run, attempt_folder(self._home, run.id, run.attempt))
        finally:
            self._under_way.discard(run.id)
            self._doorbell.ring(run.id)

    def _claim(self, run_id: str) -> Run | None:
        now = time.time()
        with self._database.write() as connection:
            queued = runs.get(connection, run_id)
            if queued.state != "queued":
                return None
            fresh: dict[str, Any] = {"attempt": queued.attempt + 1, "started_at": queued.started_at or now}
            run = runs.change(connection, queued, "starting", now=now, actor=ACTOR, **fresh)
            attempts.insert(connection, run_id, run.attempt, now)
            if queued.attempt:
                runs.set_progress(connection, run_id, Progress())
            fail_point("before the claim is committed")
        return run

    def _launch(self, run: Run, folder: RunFolder) -> str:
        try:
            handle = self._launcher.launch(self._spec(run, self._scheduler_url(run.place)), folder)
        except LaunchFailed as error:
            self._fail(run, str(error.ids["reason"]))
        except Unavailable as error:
            self._give_back(run, folder, str(error))
            return str(error)
        except OSError as error:
            if not folder.spec_file.exists():
                self._fail(run, error.strerror or str(error))
            else:
                self._give_back(run, folder, error.strerror or str(error))
        else:
            fail_point("between launch and stored handle")
            with self._database.write() as connection:
                attempts.set_handle(connection, run.id, run.attempt, handle.to_json())
        return ""

    def _spec(self, run: Run, scheduler_url: str) -> RunSpec:
        return RunSpec(
            run_id=run.id,
            attempt=run.attempt,
            module=run.module,
            family=run.pipeline,
            parameters=run.texts,
            scheduler_url=scheduler_url,
            workers=run.workers,
            location=run.location,
            environment=run.environment,
            doorbell=self._doorbell.name,
            code_fingerprint=run.code_fingerprint,
        )

    def _fail(self, run: Run, reason: str) -> None:
        """End a run whose child could not be started."""
        log.warning("launch failed: %s", reason, extra={"action": "launch_failed", "run_id": run.id})
        now = time.time()
        with self._database.write() as connection:
            run = runs.get(connection, run.id)
            conclude(connection, run, launch_failed(run, reason), now=now, actor=ACTOR, buried=True)
        self._broadcast.notify(run.id)

    def _give_back(self, run: Run, folder: RunFolder, reason: str) -> None:
        """Queue a run again whose child has surely not started; of one that may have, the collector will hear."""
        give_back(self._database, run.id, folder, reason)
        self._broadcast.notify(run.id)


def give_back(database: Database, run_id: str, folder: RunFolder, reason: str) -> Fence:
    """Queue a run again (end it if it is cancelling), unless its newest attempt has or had a child.

    Nobody else may be about to launch it.
    """
    now = time.time()
    try:
        state = fence(folder, now)
    except (OSError, ValueError) as error:
        # a full disk: nothing is known until there is room again
        log.warning("fence failed: %s", error, extra={"action": "fence_failed", "run_id": run_id})
        return "alive"
    if state != "closed":
        return state
    fail_point("between fence and queued again")
    with database.write() as connection:
        run = runs.get(connection, run_id)
        if run.state in LIVE:
            conclude(connection, run, never_started(run, reason), now=now, actor=ACTOR, buried=True)
    return state
