"""Starts queued runs as soon as the limits let them."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

from trigger_service.domain import admission
from trigger_service.domain.admission import Candidate, Limits
from trigger_service.domain.errors import Unavailable
from trigger_service.domain.place import DEFAULT, Place
from trigger_service.domain.run import Run
from trigger_service.launchers.base import CodeHost
from trigger_service.launchers.places import Places
from trigger_service.service.starter import Starter
from trigger_service.store import runs
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

#: Seconds between two tries while nothing can be started.
RETRY_S = 0.5
#: Seconds that one place's launches may take before the others go on without it.
PATIENCE_S = 0.25
#: Seconds left to the request that has woken this thread, to send its answer: both need the same interpreter.
BREATH_S = 0.001
#: Queued runs that are read at a time.
PAGE = 64


def _mend(place: Place) -> str:
    named = (("location", place.location), ("environment", place.environment))
    sections = " and ".join(f"[{kind}:{name}]" for kind, name in named if name != DEFAULT)
    return f"put {sections} back into luigi.cfg and start `luigi-trigger up` again, or cancel the run"


class Batch:
    """Runs that a place may start now, in order. Those that have not been claimed can be taken back at any moment."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._left = deque(candidates)
        self._lock = threading.Lock()

    def next(self, claim: Callable[[str], Run | None]) -> Run | None:
        """The next one that could be claimed; None when there is none left."""
        with self._lock:
            while self._left:
                run = claim(self._left.popleft().id)
                if run is not None:
                    return run
        return None

    def take_back(self) -> None:
        """From now on nothing of it is claimed."""
        with self._lock:
            self._left.clear()


class Dispatcher:
    """A thread that chooses queued runs, and one for each place that launches them; idle until `wake`."""

    def __init__(
        self, *, database: Database, places: Places[CodeHost], limits: Callable[[], Limits], starter: Starter
    ) -> None:
        """`limits` gives those of the moment."""
        self._database = database
        self._places = places
        self._limits = limits
        self._starter = starter
        #: Why nothing at all can be started, and by place why nothing can be started there.
        self._obstacle = ""
        self._blocked: dict[Place, str] = {}
        #: Places that are launching, or wait until they can again.
        self._busy: set[Place] = set()
        self._lanes = ThreadPoolExecutor(len(list(places)), "launching")
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._news.set()
        self._thread.start()

    def stop(self) -> None:
        """End the threads, after the launches they may be in the middle of."""
        self._stopping.set()
        self._news.set()
        self._thread.join()
        self._lanes.shutdown()

    def wake(self) -> None:
        """Say that there may be something to start: a run was queued, or one has ended."""
        self._news.set()

    def obstacle(self, place: Place) -> str:
        """Why nothing at all can be started in a place now; empty otherwise."""
        if place not in self._places:
            return f"{place} is configured no more; {_mend(place)}"
        return self._obstacle or self._blocked.get(place, "")

    def is_starting(self, run_id: str) -> bool:
        """Whether a run is being launched here now; a starting one without a handle is otherwise an orphan."""
        return self._starter.is_starting(run_id)

    def step(self) -> None:
        """Have everything started that may start now. A place that takes long is not waited for."""
        self._obstacle = ""
        while not self._stopping.is_set():
            batches = self._choose()
            if not batches:
                return
            self._busy |= batches.keys()
            wait([self._lanes.submit(self._serve, place, batch) for place, batch in batches.items()], PATIENCE_S)
            for batch in batches.values():
                batch.take_back()
            if self._obstacle:
                return

    def _loop(self) -> None:
        while not self._stopping.is_set():
            if self._obstacle:
                self._stopping.wait(RETRY_S)
            else:
                self._news.wait()
                self._stopping.wait(BREATH_S)
            self._news.clear()
            with self._noting_obstacles():
                self.step()

    def _serve(self, place: Place, batch: Batch) -> None:
        """Launch what a place may start, and wait where it cannot."""
        with self._noting_obstacles():
            while not self._stopping.is_set() and (run := batch.next(self._starter.claim)) is not None:
                reason = self._starter.launch(run)
                if reason:
                    batch.take_back()
                    self._wait_for(place, reason)
        self._busy.discard(place)
        self._news.set()

    def _wait_for(self, place: Place, reason: str) -> None:
        log.warning("nothing can be started in %s: %s", place, reason, extra={"action": "place_blocked"})
        while reason:
            self._blocked[place] = reason
            if self._stopping.wait(RETRY_S):
                return
            reason = self._places.at(place).health()
        del self._blocked[place]

    @contextmanager
    def _noting_obstacles(self) -> Iterator[None]:
        """Whatever keeps anything from being started holds for all places, for a moment."""
        try:
            yield
        except Unavailable as error:
            self._note_obstacle(str(error))
        except Exception as error:
            log.exception("dispatch failed", extra={"action": "dispatch_failed"})
            self._note_obstacle(f"{type(error).__name__}: {error}")

    def _note_obstacle(self, reason: str) -> None:
        log.warning("nothing can be started: %s", reason, extra={"action": "dispatch_paused"})
        self._obstacle = reason

    def _choose(self) -> dict[Place, Batch]:
        """The runs to start now, by place in order. Reads no further than the limits leave room."""
        chosen: list[Candidate] = []
        limits = self._limits()
        open_places = [place for place in self._places if place not in self._busy]
        with self._database.read() as connection:
            live = runs.live_candidates(connection)
            last: Candidate | None = None
            while not limits.runs or len(live) + len(chosen) < limits.runs:
                held = [*live, *chosen]
                full = admission.saturated_pipelines(held, limits)
                page = runs.queued_candidates(connection, places=open_places, without=full, after=last, limit=PAGE)
                start = set(admission.plan(page, held, limits).start)
                chosen += [run for run in page if run.id in start]
                if len(page) < PAGE:
                    break
                last = page[-1]
        places = dict.fromkeys(run.place for run in chosen)
        return {place: Batch(run for run in chosen if run.place == place) for place in places}
