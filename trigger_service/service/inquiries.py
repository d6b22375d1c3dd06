"""Calendars that are made while a page looks on: begun, followed, ended; the newest are remembered."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trigger_service.domain.calendars import Calendar
from trigger_service.domain.errors import InvalidRequest, Problem, TriggerError
from trigger_service.domain.run import RunRequest
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.calendars import Calendars, Wanted
from trigger_service.service.turns import Asker

#: What the broadcast has as the name of a run, when there is news of one.
TOPIC = "inquiries"
#: How many are remembered.
_REMEMBERED = 50


@dataclass(frozen=True)
class Inquiry:
    """One calendar that is, or was, asked for. Times are seconds since the epoch."""

    id: str
    request: RunRequest
    wanted: Wanted
    began_at: float
    ended_at: float | None = None
    calendar: Calendar | None = None
    #: What is wrong with the request.
    problems: Sequence[Problem] = ()
    #: Why there is none; empty where there is, or where something is wrong with the request.
    fault: str = ""


class Inquiries:
    """One at a time for each client, as for all calendars. Safe for any thread; all is forgotten with the process."""

    def __init__(self, calendars: Calendars, broadcast: Broadcast) -> None:
        self._calendars = calendars
        self._broadcast = broadcast
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Inquiry] = OrderedDict()
        self._threads: set[threading.Thread] = set()
        self._stopping = threading.Event()

    def begin(self, request: RunRequest, wanted: Wanted, client: str) -> Inquiry:
        """Ask the targets from now on. What is wrong is told by the inquiry: it takes a while to find out."""
        begun = Inquiry(secrets.token_hex(8), request, wanted, time.time())
        thread = threading.Thread(target=self._ask, args=(begun, client), name="inquiry", daemon=True)
        with self._lock:
            self._remember(begun)
            self._threads = {each for each in self._threads if each.is_alive()} | {thread}
            thread.start()
        return begun

    def of(self, inquiry_id: str) -> Inquiry | None:
        """One of those that are remembered."""
        with self._lock:
            return self._known.get(inquiry_id)

    def newest(self, fits: Callable[[Inquiry], bool]) -> Inquiry | None:
        """The newest of those that are remembered, and fit."""
        with self._lock:
            known = list(self._known.values())
        return max(filter(fits, known), key=lambda each: each.began_at, default=None)

    def stop(self) -> None:
        """End what is under way."""
        self._stopping.set()
        for thread in list(self._threads):
            thread.join()

    def _ask(self, begun: Inquiry, client: str) -> None:
        found: dict[str, Any] = {"fault": "It could not be asked; the log of the service says why."}
        try:
            asker = Asker(client, self._stopping.is_set)
            found = {"calendar": self._calendars.make(begun.request, begun.wanted, asker)}
        except InvalidRequest as refused:
            found = {"problems": refused.problems}
        except TriggerError as error:
            found = {"fault": str(error)}
        finally:
            with self._lock:
                self._remember(replace(begun, ended_at=time.time(), **found))
            self._broadcast.notify(TOPIC)

    def _remember(self, inquiry: Inquiry) -> None:
        self._known[inquiry.id] = inquiry
        self._known.move_to_end(inquiry.id)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
