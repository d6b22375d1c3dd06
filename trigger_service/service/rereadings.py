"""Targets that are read again while their page looks on: begun, followed, stopped; the newest of each is remembered."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace

from trigger_service.domain.errors import Busy, TriggerError
from trigger_service.domain.verification import Verified
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.verifications import DEADLINE_S, Progress, Verifications

#: What the broadcast has as the name of a run, when there is news of a rereading.
TOPIC = "rereadings"
#: Rereadings that are remembered, and seconds between two pieces of news of one.
_REMEMBERED, _TOLD_EVERY_S = 200, 0.3


@dataclass(frozen=True)
class Rereading:
    """One target that is, or was, read again. Times are seconds since the epoch."""

    url: str
    began_at: float
    #: What has been read, and what there is by what is on record: bytes or, of a table, rows; None where nobody knows.
    amount: int = 0
    whole: int | None = None
    ended_at: float | None = None
    verified: Verified | None = None
    #: Why nothing is to be said of the target; empty where something is.
    fault: str = ""


class Rereadings:
    """One at a time. Safe for any thread; what is remembered ends with the process."""

    def __init__(self, verifications: Verifications, broadcast: Broadcast) -> None:
        self._verifications = verifications
        self._broadcast = broadcast
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Rereading] = OrderedDict()
        self._stopping: threading.Event | None = None
        self._thread: threading.Thread | None = None
        self._told_at = 0.0

    def begin(self, url: str) -> Rereading:
        """Read a target again from now on; raises TargetNotFound, and Busy while one is read."""
        write = self._verifications.of_url(url)[0]
        begun = Rereading(url, time.time(), whole=write.rows if write.size is None else write.size)
        stopping = threading.Event()

        def work() -> None:
            try:
                self._verifications.verify([write], DEADLINE_S, self._hear, stopping.is_set)
            except TriggerError as error:
                self._change(url, fault="It was stopped." if stopping.is_set() else str(error))
            except Exception as error:
                self._change(url, fault=f"It could not be read: {error!r}")
                raise
            finally:
                self._change(url, ended_at=time.time())

        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise Busy(reason="A target is being verified already, which is done once at a time; try again later.")
            self._remember(begun)
            self._stopping = stopping
            self._thread = threading.Thread(target=work, name="rereading", daemon=True)
            self._thread.start()
        self._broadcast.notify(TOPIC)
        return begun

    def of(self, url: str) -> Rereading | None:
        """The newest rereading of a target; None for none since the start of the service."""
        with self._lock:
            return self._known.get(url)

    def end(self, url: str) -> None:
        """Have a target read no further, if it is."""
        with self._lock:
            found = self._known.get(url)
            if found is not None and found.ended_at is None and self._stopping is not None:
                self._stopping.set()

    def stop(self) -> None:
        """End what is under way."""
        if self._stopping is not None and self._thread is not None:
            self._stopping.set()
            self._thread.join()

    def _hear(self, news: Progress | Verified) -> None:
        if isinstance(news, Verified):
            self._change(news.write.url, verified=news)
        else:
            self._change(news.write.url, tell=time.monotonic() - self._told_at > _TOLD_EVERY_S, amount=news.amount)

    def _change(self, url: str, *, tell: bool = True, **changes: object) -> None:
        with self._lock:
            self._remember(replace(self._known[url], **changes))  # type: ignore[arg-type]  # members of it
        if tell:
            self._told_at = time.monotonic()
            self._broadcast.notify(TOPIC)

    def _remember(self, rereading: Rereading) -> None:
        self._known[rereading.url] = rereading
        self._known.move_to_end(rereading.url)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
