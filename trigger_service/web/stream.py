"""Server-sent events of one run: its journal, or its lines of output."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, g
from werkzeug.exceptions import TooManyRequests

from trigger_service.domain.access import Credential
from trigger_service.domain.errors import TriggerError
from trigger_service.domain.queries import LogFilter
from trigger_service.domain.run import FINAL
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.insights import Insights
from trigger_service.web.rendering import event_json, log_line_json, run_json
from trigger_service.web.replies import encode_json
from trigger_service.web.slots import LongRequests

LOG = logging.getLogger(__name__)
#: Seconds after which a client whose stream broke should come back.
RETRY_S = 1
#: Seconds after which a client should try again that found all streams taken.
BUSY_RETRY_S = 5
#: Kind and id of the last event of every stream. A client that comes back with it (a browser does) gets 204, which
#: tells it to stay away.
END = "end"
_END_HEAD = f"event: {END}\n".encode()
_SIGNS_OF_LIFE = (b":", b"retry:")
#: Rows or lines read at a time.
PAGE = 1000


class RunStreams:
    """Opens the streams of runs. Each occupies a thread of the server, so that their number is bounded."""

    def __init__(
        self,
        insights: Insights,
        broadcast: Broadcast,
        places: LongRequests,
        is_good: Callable[[Credential | None], bool],
        *,
        heartbeat_s: float,
        grace_s: float,
    ) -> None:
        """`is_good` tells whether somebody who was identified a while ago may still read."""
        self._insights = insights
        self._broadcast = broadcast
        self._places = places
        self._is_good = is_good
        self._heartbeat_s = heartbeat_s
        self._grace_s = grace_s

    def events(self, run_id: str, after: int) -> Response:
        """The journal after the row with id `after`; `end` with the run follows the last row of a final run."""
        self._insights.run(run_id)
        return self._respond(self._event_messages(run_id, after))

    def logs(self, run_id: str, wanted: LogFilter, cursor: str | None) -> Response:
        """The lines of output after `cursor`; `end` with the run follows the last line that will ever come.

        A process that a task has left behind may go on for days: its run's stream ends a heartbeat after the run.
        """
        self._insights.log(run_id, wanted, cursor, 1)
        return self._respond(self._log_messages(run_id, wanted, cursor))

    def _event_messages(self, run_id: str, after: int) -> Iterator[bytes]:
        seen = after

        def news() -> Iterator[bytes]:
            nonlocal seen
            # read before the rows: what makes a run final is written together with its last row
            run = self._insights.run(run_id)
            while rows := self._insights.events(run_id, seen, PAGE):
                yield b"".join(message(row.kind, event_json(row), str(row.id)) for row in rows)
                seen = rows[-1].id
            if run.state in FINAL:
                yield message(END, run_json(run), END)

        return self._messages(run_id, news)

    def _log_messages(self, run_id: str, wanted: LogFilter, cursor: str | None) -> Iterator[bytes]:
        position, ended = cursor, False

        def news() -> Iterator[bytes]:
            nonlocal position, ended
            while True:
                page = self._insights.log(run_id, wanted, position, PAGE)
                if page.lines:
                    yield message("lines", {"items": [log_line_json(line) for line in page.lines]}, page.next_cursor)
                if page.complete:
                    yield message(END, run_json(self._insights.run(run_id)), END)
                    return
                if page.next_cursor == position:
                    run = self._insights.run(run_id)
                    ended = run.finished_at is not None
                    if run.finished_at is not None and time.time() - run.finished_at >= self._heartbeat_s:
                        yield message(END, run_json(run), END)
                    return
                position = page.next_cursor

        return self._messages(run_id, news, lambda: ended or self._insights.log_has_grown(run_id, position))

    def _messages(
        self, run_id: str, news: Callable[[], Iterator[bytes]], overdue: Callable[[], bool] = lambda: False
    ) -> Iterator[bytes]:
        """What `news` gives, again whenever the run changes, up to and with its `end`; comments in between.

        In case a ring was lost it is also asked with a comment where anything at all has changed, or `overdue` says so.
        Where nothing happens a stream costs no query.
        """
        yield f"retry: {RETRY_S * 1000}\n\n".encode()
        spoke = time.monotonic()
        while not self._places.closing.is_set():
            everything, version = self._broadcast.version(), self._broadcast.version(run_id)
            for part in news():
                yield part
                spoke = time.monotonic()
                if part.startswith(_END_HEAD):
                    return
            while self._broadcast.wait(run_id, version, self._grace_s) <= version:
                if self._places.closing.is_set():
                    return
                if time.monotonic() - spoke >= self._heartbeat_s:
                    yield b": alive\n\n"
                    spoke = time.monotonic()
                    if self._broadcast.version() != everything or overdue():
                        break

    def _respond(self, messages: Iterator[bytes]) -> Response:
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


def stay_away() -> Response:
    """The answer to a client that comes back although it has seen the end."""
    return Response(status=204)


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
