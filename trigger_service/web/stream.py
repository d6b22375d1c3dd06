"""Server-sent events of one run: its journal, or its lines of output."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from flask import Response

from trigger_service.domain.queries import LogFilter
from trigger_service.domain.run import FINAL
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.insights import Insights
from trigger_service.web.rendering import event_json, log_line_json, run_json
from trigger_service.web.streaming import ALIVE, BEGINNING, Streams, message

#: Kind and id of the last event of every stream. A client that comes back with it (a browser does) gets 204, which
#: tells it to stay away.
END = "end"
_END_HEAD = f"event: {END}\n".encode()
#: Rows or lines read at a time.
PAGE = 1000


class RunStreams:
    """Opens the streams of runs."""

    def __init__(self, insights: Insights, broadcast: Broadcast, streams: Streams) -> None:
        self._insights = insights
        self._broadcast = broadcast
        self._streams = streams

    def events(self, run_id: str, after: int) -> Response:
        """The journal after the row with id `after`; `end` with the run follows the last row of a final run."""
        self._insights.run(run_id)
        return self._streams.respond(self._event_messages(run_id, after))

    def logs(self, run_id: str, wanted: LogFilter, cursor: str | None) -> Response:
        """The lines of output after `cursor`; `end` with the run follows the last line that will ever come.

        A process that a task has left behind may go on for days: its run's stream ends a heartbeat after the run.
        """
        self._insights.log(run_id, wanted, cursor, 1)
        return self._streams.respond(self._log_messages(run_id, wanted, cursor))

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
                    if run.finished_at is not None and time.time() - run.finished_at >= self._streams.heartbeat_s:
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
        yield BEGINNING
        spoke = time.monotonic()
        while not self._streams.closing.is_set():
            everything, version = self._broadcast.version(), self._broadcast.version(run_id)
            for part in news():
                yield part
                spoke = time.monotonic()
                if part.startswith(_END_HEAD):
                    return
            while self._broadcast.wait(run_id, version, self._streams.grace_s) <= version:
                if self._streams.closing.is_set():
                    return
                if time.monotonic() - spoke >= self._streams.heartbeat_s:
                    yield ALIVE
                    spoke = time.monotonic()
                    if self._broadcast.version() != everything or overdue():
                        break


def stay_away() -> Response:
    """The answer to a client that comes back although it has seen the end."""
    return Response(status=204)
