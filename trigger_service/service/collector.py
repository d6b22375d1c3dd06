"""Brings home what children report, and gives every attempt its true end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from trigger_service.domain.errors import StoreUnavailable, TriggerError
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.run import LIVE, Attempt, Run
from trigger_service.domain.spec import Handle, RunFolder, attempt_folder
from trigger_service.launchers.base import Launcher
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.dispatcher import Dispatcher
from trigger_service.service.doorbell import Doorbell
from trigger_service.service.findings import Examiner, Finding, record
from trigger_service.service.rhythm import Rhythm
from trigger_service.service.starter import give_back
from trigger_service.service.stopper import Stopper
from trigger_service.service.undertaker import CentralScheduler, Undertaker
from trigger_service.store import attempts
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

T = TypeVar("T")
Live = Sequence[tuple[Run, Attempt]]


class Collector:
    """A thread that follows all live runs, woken by the doorbell or every second."""

    def __init__(
        self,
        *,
        home: Path,
        database: Database,
        launcher: Launcher,
        central: CentralScheduler,
        broadcast: Broadcast,
        dispatcher: Dispatcher,
        doorbell: Doorbell,
        grace_s: float = 5.0,
        note_lag: Callable[[float], None] = lambda _: None,
    ) -> None:
        """`grace_s`: seconds after which a child that does not heed an interrupt is terminated, and then killed.

        `note_lag` is told how old what children have reported was when it was stored, in seconds.
        """
        self._home = home
        self._database = database
        self._launcher = launcher
        self._broadcast = broadcast
        self._dispatcher = dispatcher
        self._doorbell = doorbell
        self._undertaker = Undertaker(
            home=home, database=database, launcher=launcher, central=central, ring=doorbell.ring
        )
        self._examiner = Examiner(home, database, self._undertaker)
        self._stopper = Stopper(launcher, grace_s)
        self._rhythm = Rhythm(self._has_exit)
        #: The attempt of each run that was live at the last look.
        self._live: dict[str, int] = {}
        #: Runs that have rung and were not live; any other that is not known may have begun, and ended, just now.
        self._strangers: set[str] = set()
        self._log_sizes: dict[str, int] = {}
        self._note_lag = note_lag
        #: Called after runs have ended.
        self.on_end: Callable[[], None] = lambda: None
        #: When all live runs were last looked at, in seconds since the epoch.
        self.looked_at = time.time()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="collector", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the look it may be in the middle of. Children go on."""
        self._stopping.set()
        self._doorbell.ring("")
        self._thread.join()
        self._undertaker.close()

    def look(self, due: set[str] | None) -> None:
        """Take in the news of the runs `due`; for None, see to everything there is."""
        with self._database.read() as connection:
            live = attempts.live(connection)
        # also what has begun since the last look: all its rings may have been lost in a crowd of others
        new = {run.id for run, _ in live} - self._live.keys()
        self._live = {run.id: attempt.number for run, attempt in live}
        self._strangers = set() if due is None else (self._strangers | due) - self._live.keys()
        looked_at = [pair for pair in live if due is None or pair[0].id in due | new]
        ended = self._take_in(looked_at, every=due is None)
        for run_id in due or ():
            self._broadcast.notify(run_id)
        if due is None:
            self.looked_at = time.time()
        if ended or due is None or not due <= self._live.keys():
            for run_id in self._undertaker.tend():
                self._broadcast.notify(run_id)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            rung = self._doorbell.wait(self._rhythm.pause())
            if self._stopping.is_set():
                return
            due = self._rhythm.due(rung, self._live)
            if due is not None and not due:
                self._stopping.wait(self._rhythm.BREATH_S)
                continue
            with self._rhythm.measured():
                self._look_safely(due)

    def _look_safely(self, due: set[str] | None) -> None:
        try:
            self.look(due)
        except TriggerError as error:
            log.warning("cannot collect: %s", error, extra={"action": "collect_delayed"})
        except Exception:
            log.exception("collecting failed", extra={"action": "collect_failed"})

    def _take_in(self, pairs: Live, every: bool) -> bool:
        """Examine these runs and record what was found; whether any has ended."""
        found = [finding for run, attempt in pairs if (finding := _safely(self._examiner.examine, run, attempt))]
        ended = self._record(found)
        going_on = [(f.run, f.attempt) for f in found if f.report is None]
        quiet = [(f.run, f.attempt) for f in found if f.report is None and not f.reading.batches]
        self._bury_dead(going_on if every else quiet)
        self._stopper.stop(going_on, time.time())
        self._tend_pumps([pair for pair in going_on if every or pair[1].state == "starting"])
        if every:
            self._adopt_or_give_back(going_on)
            self._announce_lines(going_on)
            self._stopper.keep(self._live)
        self._rhythm.next_step(self._stopper.next_step(pairs, time.time()))
        return ended

    def _record(self, found: Sequence[Finding]) -> bool:
        """Store all findings in one transaction; one by one where that fails, so that none holds up the others."""
        news = [finding for finding in found if finding.is_news(time.time())]
        if not news:
            return False
        try:
            runs = self._store(news)
        except TriggerError:
            raise
        except Exception:
            log.exception("a finding cannot be stored", extra={"action": "collect_alone"})
            runs = [run for finding in news for run in _safely(self._store, [finding]) or ()]
        ended = any(run.state not in LIVE for run in runs)
        if ended:
            self._dispatcher.wake()
            self.on_end()
        for finding in news:
            self._broadcast.notify(finding.run.id)
        return ended

    def _store(self, news: Sequence[Finding]) -> list[Run]:
        try:
            with self._database.write() as connection:
                runs = [record(connection, finding, time.time()) for finding in news]
        except BaseException:
            self._examiner.start_over(news)
            raise
        fail_point("after news is stored")
        self._examiner.advance(news)
        now = time.time()
        for finding in news:
            oldest = min((event.time for event in finding.reading.events()), default=now)
            self._note_lag(now - oldest)
        return runs

    def _bury_dead(self, pairs: Live) -> None:
        """Have the end found out of all whose child is gone, and yet left no word."""
        known = [(run, attempt, Handle.from_json(attempt.handle)) for run, attempt in pairs if attempt.handle]
        if not known:
            return
        alive = self._launcher.poll([handle for _, _, handle in known])
        for (run, attempt, handle), lives in zip(known, alive, strict=True):
            if lives:
                continue
            if self._folder(run, attempt).read_exit() is not None:
                self._doorbell.ring(run.id)
            else:
                self._undertaker.settle(run.id, attempt.number, handle)

    def _adopt_or_give_back(self, pairs: Live) -> None:
        """See to runs that a service left behind when it died between a claim and the stored handle."""
        suspects = {(run.id, attempt.number) for run, attempt in pairs if self._is_orphan(run, attempt)}
        if not suspects:
            return
        with self._database.read() as connection:  # again: a launch may have ended between the look and the question
            live = attempts.live(connection)
        for run, attempt in live:
            if (run.id, attempt.number) not in suspects or attempt.handle is not None:
                continue
            reason = "the service was stopped before the run had started"
            state = give_back(self._database, run.id, self._folder(run, attempt), reason)
            if state == "closed":
                self._dispatcher.wake()
            elif state == "over":
                self._undertaker.settle(run.id, attempt.number, None)

    def _is_orphan(self, run: Run, attempt: Attempt) -> bool:
        return attempt.handle is None and not self._dispatcher.is_starting(run.id)

    def _tend_pumps(self, pairs: Live) -> None:
        for run, attempt in pairs:
            if attempt.handle:
                _safely(self._launcher.tend_pump, self._folder(run, attempt))

    def _announce_lines(self, pairs: Live) -> None:
        """Lines whose ring was lost in a crowd of others are announced here."""
        files = {run.id: self._folder(run, attempt).log_file for run, attempt in pairs}
        sizes = {run_id: file.stat().st_size for run_id, file in files.items() if file.exists()}
        for run_id, size in sizes.items():
            if size != self._log_sizes.get(run_id):
                self._broadcast.notify(run_id)
        self._log_sizes = sizes

    def _has_exit(self, run_id: str) -> bool:
        number = self._live.get(run_id)
        if number is not None:
            return attempt_folder(self._home, run_id, number).exit_file.exists()
        return run_id not in self._strangers and any((self._home / "runs" / run_id).glob("*/exit.json"))

    def _folder(self, run: Run, attempt: Attempt) -> RunFolder:
        return attempt_folder(self._home, run.id, attempt.number)


def _safely(act: Callable[..., T], *args: Any) -> T | None:
    """What `act` gives; None where it fails, because one run's trouble must not hold up the others."""
    try:
        return act(*args)
    except StoreUnavailable:
        raise
    except Exception as error:
        expected = isinstance(error, (TriggerError, OSError))
        log.warning("cannot collect: %s", error, extra={"action": "collect_delayed"}, exc_info=not expected)
        return None
