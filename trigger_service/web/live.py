"""The one stream of a browser, which its pages share: which runs have news. What is new, a page asks for itself."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

from flask import Response

from trigger_service.service.broadcast import Broadcast
from trigger_service.web.streaming import ALIVE, BEGINNING, Streams, message

#: More runs than this in one message are not named: any may have news then.
MOST = 100
#: Seconds between two messages, at least: news of one task after another come together.
GAP_S = 0.15
#: The same for each open stream: of so many browsers, each asks for pages again after a message.
GAP_EACH_S = 0.005


class LiveStream:
    """Opens it, and names the moment that a page shows."""

    def __init__(self, broadcast: Broadcast, streams: Streams) -> None:
        self._broadcast = broadcast
        self._streams = streams
        # versions count from 0 again after a restart: those of before mean nothing
        self._boot = secrets.token_hex(4)

    def moment(self) -> str:
        """The present one: a page that is made after this was asked shows at least what was known then."""
        return self._name(self._broadcast.version())

    def version(self, moment: str) -> int | None:
        """How far the news are at a moment; None for one that is not known here."""
        boot, _, number = moment.partition(".")
        return int(number[:18]) if boot == self._boot and number.isascii() and number.isdecimal() else None

    def open(self, after: str) -> Response:
        """`event: changed`, `{"runs": [...]}` with the ids of those that have news since the moment `after`.

        Null stands for any run, as for a moment that is not known here. The id of each message is its moment.
        """
        return self._streams.respond(self._messages(after))

    def _messages(self, after: str) -> Iterator[bytes]:
        known, spoke = self.version(after), time.monotonic()
        seen = self._broadcast.version() if known is None else min(known, self._broadcast.version())
        yield BEGINNING
        if known is None:
            yield message("changed", {"runs": None}, self._name(seen))
        while not self._streams.closing.is_set():
            if self._broadcast.wait(None, seen, self._streams.grace_s) > seen:
                seen, runs = self._broadcast.since(seen, MOST)
                yield message("changed", {"runs": runs}, self._name(seen))
                spoke = time.monotonic()
                self._streams.closing.wait(max(GAP_S, GAP_EACH_S * self._streams.open))
            elif time.monotonic() - spoke >= self._streams.heartbeat_s:
                yield ALIVE
                spoke = time.monotonic()

    def _name(self, version: int) -> str:
        return f"{self._boot}.{version}"
