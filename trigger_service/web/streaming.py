"""Server-sent events: how any stream is opened, kept alive and ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

from flask import Response, g
from werkzeug.exceptions import TooManyRequests

from trigger_service.domain.access import Credential
from trigger_service.domain.errors import TriggerError
from trigger_service.web.replies import encode_json
from trigger_service.web.slots import LongRequests

LOG = logging.getLogger(__name__)
#: Seconds after which a client whose stream broke should come back.
RETRY_S = 1
#: Seconds after which a client should try again that found all streams taken.
BUSY_RETRY_S = 5
#: How every stream begins.
BEGINNING = f"retry: {RETRY_S * 1000}\n\n".encode()
#: Says only that the stream is there.
ALIVE = b": alive\n\n"
_SIGNS_OF_LIFE = (b":", b"retry:")


class Streams:
    """Opens streams. Each occupies a thread of the server, so that their number is bounded."""

    def __init__(
        self,
        places: LongRequests,
        is_good: Callable[[Credential | None], bool],
        *,
        heartbeat_s: float,
        grace_s: float,
    ) -> None:
        """`is_good` tells whether somebody who was identified a while ago may still read.

        After `heartbeat_s` seconds of silence a stream says that it is alive; it sees within `grace_s` that all end.
        """
        self._places = places
        self._is_good = is_good
        self.heartbeat_s = heartbeat_s
        self.grace_s = grace_s

    @property
    def closing(self) -> Event:
        """Set once all streams have to end."""
        return self._places.closing

    @property
    def open(self) -> int:
        """How many there are."""
        return self._places.streams.taken

    def respond(self, messages: Iterator[bytes]) -> Response:
        """The response that sends them; raises TooManyRequests."""
        if not self._places.streams.take():
            raise TooManyRequests("All streams are taken; poll, or come back later.", retry_after=BUSY_RETRY_S)
        reader = g.credential
        shown = _while_welcome(messages, lambda: self._is_good(reader))
        response = Response(_until_unavailable(shown), mimetype="text/event-stream")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"
        # not in a `finally` of the generator: one that was never started has none
        response.call_on_close(self._places.streams.give_back)
        return response


def message(kind: str, data: Any, event_id: str | None = None) -> bytes:
    """One server-sent event. JSON has no raw line breaks, so that no content can end a field."""
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"event: {kind}\n{head}data: ".encode() + encode_json(data) + b"\n\n"


def _while_welcome(messages: Iterator[bytes], is_welcome: Callable[[], bool]) -> Iterator[bytes]:
    """End the stream where its reader's token was revoked or has expired, before anything more is told."""
    for part in messages:
        if not part.startswith(_SIGNS_OF_LIFE) and not is_welcome():
            return
        yield part


def _until_unavailable(messages: Iterator[bytes]) -> Iterator[bytes]:
    """End the stream where the records cannot be read for the moment: the client comes back by itself."""
    try:
        yield from messages
    except TriggerError as error:
        LOG.warning("stream broken off: %s", error, extra={"action": "stream_broken_off"})
