"""Starts queued runs as soon as the limits let them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trigger_service.domain import admission
from trigger_service.domain.admission import Candidate, Limits
from trigger_service.domain.ending import launch_failed, never_started
from trigger_service.domain.errors import LaunchFailed, Unavailable
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.place import Place
from trigger_service.domain.run import LIVE, Progress, Run
from trigger_service.domain.spec import RunFolder, RunSpec, attempt_folder
from trigger_service.launchers.base import CodeHost, Launcher
from trigger_service.launchers.places import Places
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.doorbell import Doorbell
from trigger_service.service.endings import conclude
from trigger_service.service.fence import Fence, fence
from trigger_service.store import attempts, runs
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

#: Seconds between two tries while nothing can be started.
RETRY_S = 0.5
#: Seconds left to the request that has woken this thread, to send its answer: both need the same interpreter.
BREATH_S = 0.001
#: Queued runs that are read at a time.
PAGE = 64
ACTOR = "dispatcher"


class Dispatcher:
    """A thread that claims queued runs and launches them; idle until `wake`."""

    def __init__(
        self,
        *,
        home: Path,
        database: Database,
        launcher: Launcher,
        places: Places[CodeHost],
        limits: Limits,
        broadcast: Broadcast,
        doorbell: Doorbell,
        scheduler_url: Callable[[Place], str],
    ) -> None:
        """`scheduler_url` gives the address of a place's luigid."""
        self._home = home
        self._database = database
        self._launcher = launcher
        self._places = places
        self._limits = limits
        self._broadcast = broadcast
        self._doorbell = doorbell
        self._scheduler_url = scheduler_url
        #: Why nothing at all can be started, and by place why nothing can be started there.
        self._obstacle = ""
        self._blocked: dict[Place, str] = {}
        self._look_again_at = 0.0
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="dispatcher", daemon=True)
        #: Held from a claim to the stored handle. Whoever holds it knows that a run that is starting without a handle
        #: was left behind by a service that died.
        self.launching = threading.Lock()

    def start(self) -> None:
        """Start the thread."""
        self._news.set()
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the launch it may be in the middle of."""
        self._stopping.set()
        self._news.set()
        self._thread.join()

    def wake(self) -> None:
        """Say that there may be something to start: a run was queued, or one has ended."""
        self._news.set()

    def obstacle(self, place: Place) -> str:
        """Why nothing at all can be started in a place now; empty otherwise."""
        if place not in self._places:
            return f"the place {place} (location/environment) is configured no more"
        return self._obstacle or self._blocked.get(place, "")

    def step(self) -> None:
        """Start everything that may start now."""
        self._obstacle = ""
        self._look_at_blocked_places()
        while not self._stopping.is_set():
            chosen = self._choose()
            if not chosen:
                return
            for candidate in chosen:
                if self._stopping.is_set():
                    return
                if not self.obstacle(candidate.place):
                    with self.launching:
                        self._start(candidate)

    def _look_at_blocked_places(self) -> None:
        now = time.monotonic()
        if now >= self._look_again_at:
            self._blocked = {place: why for place in self._blocked if (why := self._places.at(place).health())}
            self._look_again_at = now + RETRY_S

    def _loop(self) -> None:
        while not self._stopping.is_set():
            if self._obstacle:
                self._stopping.wait(RETRY_S)
            else:
                self._news.wait(RETRY_S if self._blocked else None)
                self._stopping.wait(BREATH_S)
            self._news.clear()
            try:
                self.step()
            except Unavailable as error:
                self._note_obstacle(str(error))
            except Exception as error:
                log.exception("dispatch failed", extra={"action": "dispatch_failed"})
                self._note_obstacle(f"{type(error).__name__}: {error}")

    def _note_obstacle(self, reason: str) -> None:
        log.warning("nothing can be started: %s", reason, extra={"action": "dispatch_paused"})
        self._obstacle = reason

    def _block(self, place: Place, reason: str) -> None:
        log.warning("nothing can be started in %s: %s", place, reason, extra={"action": "place_blocked"})
        self._blocked[place] = reason
        self._look_again_at = time.monotonic() + RETRY_S

    def _choose(self) -> list[Candidate]:
        """The runs to start now, in order. Reads no further than the limits leave room."""
        chosen: list[Candidate] = []
        open_places = [place for place in self._places if not self.obstacle(place)]
        with self._database.read() as connection:
            live = runs.live_candidates(connection)
            last: Candidate | None = None
            while not self._limits.runs or len(live) + len(chosen) < self._limits.runs:
                held = [*live, *chosen]
                full = admission.saturated_pipelines(held, self._limits)
                page = runs.queued_candidates(connection, places=open_places, without=full, after=last, limit=PAGE)
                start = set(admission.plan(page, held, self._limits).start)
                chosen += [run for run in page if run.id in start]
                if len(page) < PAGE:
                    break
                last = page[-1]
        return chosen

    def _start(self, candidate: Candidate) -> None:
        url = self._scheduler_url(candidate.place)
        run = self._claim(candidate.id)
        if run is None:
            return
        self._broadcast.notify(run.id)
        fail_point("between claim and launch")
        self._launch(run, attempt_folder(self._home, run.id, run.attempt), url)
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

    def _launch(self, run: Run, folder: RunFolder, scheduler_url: str) -> None:
        try:
            handle = self._launcher.launch(self._spec(run, scheduler_url), folder)
        except LaunchFailed as error:
            self._fail(run, str(error.ids["reason"]))
        except Unavailable as error:
            self._block(run.place, str(error))
            self._give_back(run, folder, str(error))
        except OSError as error:
            if not folder.spec_file.exists():
                self._fail(run, error.strerror or str(error))
            else:
                self._give_back(run, folder, error.strerror or str(error))
        else:
            fail_point("between launch and stored handle")
            with self._database.write() as connection:
                attempts.set_handle(connection, run.id, run.attempt, handle.to_json())

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

    The caller holds `Dispatcher.launching`.
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
