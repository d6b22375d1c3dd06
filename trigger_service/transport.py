"""HTTP between a client and the service: requests, refusals, and streams that come back by themselves."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trigger_service.wire import Reply, Wire, WireBroken

Document = dict[str, Any]
#: Seconds of silence after which a request (or a stream, which sends signs of life) is given up.
READ_S = 45.0
#: Below which the routes of the API are.
API = "/api/v1"
#: Seconds for which a broken stream is tried again before the service counts as gone.
PATIENCE_S = 60.0


class ServiceUnreachable(Exception):
    """No service answers at an address."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"No Luigi Trigger service answers at {url}: {reason}")
        self.url = url
        self.reason = reason


class ApiError(Exception):
    """The service refused a request; `document` is its problem document (RFC 9457)."""

    def __init__(self, document: Document, retry_after_s: float | None = None) -> None:
        super().__init__(document["detail"])
        self.document = document
        self.status: int = document["status"]
        self.retry_after_s = retry_after_s

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Where and what, for each thing wrong with the request."""
        return [(entry["pointer"], entry["detail"]) for entry in self.document.get("errors", ())]


class WaitedTooLong(Exception):
    """The time to wait for a run was over before the run was."""


@dataclass(frozen=True)
class StreamEvent:
    """One server-sent event."""

    kind: str
    id: str | None
    data: Document


class Transport:
    """The connections to one service. Not for several threads at a time."""

    def __init__(self, url: str, token: str | None, name: str) -> None:
        self.url = url.rstrip("/")
        self._reached = False
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        # nothing of the environment, such as a proxy, has business between a client and its service
        self._wire = Wire(self.url, {"X-Luigi-Trigger-Client": name, **authorization})

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Document:
        """The document at a path below the API's."""
        return self.document(self.send("GET", path, query=query))

    def post(self, path: str, body: Document | None = None, headers: Mapping[str, str] | None = None) -> Document:
        """The document that answers a body."""
        return self.document(self.send("POST", path, body=body, headers=headers))

    def download(self, path: str, query: Mapping[str, Any]) -> Iterator[bytes]:
        """The content of a file, piece by piece, unpacked; raises ServiceUnreachable where it breaks off."""
        with self.send("GET", path, query=query, headers={"Accept-Encoding": "gzip"}, apart=True) as reply:
            try:
                yield from reply.pieces()
            except WireBroken as broken:
                raise ServiceUnreachable(self.url, str(broken)) from broken

    def send(self, method: str, path: str, read_s: float = READ_S, base: str = API, **options: Any) -> Reply:
        """The answer to a request; raises ApiError for a refusal, ServiceUnreachable where there is no answer.

        `options` are those of `Wire.exchange`.
        """
        try:
            reply = self._wire.exchange(method, f"{base}{path}", read_s=read_s, **options)
            self._reached = True
            if reply.status >= 300:
                with reply:
                    raise _api_error(reply)
        except WireBroken as broken:
            raise ServiceUnreachable(self.url, str(broken)) from broken
        return reply

    def document(self, reply: Reply) -> Document:
        """The JSON object in an answer."""
        try:
            document: Document = json.loads(reply.body())
        except WireBroken as broken:
            raise ServiceUnreachable(self.url, str(broken)) from broken
        except ValueError as error:
            raise ServiceUnreachable(self.url, "what answers there is something else") from error
        return document

    def stream(self, path: str, query: Mapping[str, Any], timeout_s: float | None) -> Iterator[StreamEvent]:
        """The events of a stream up to and with `end`, over as many connections as it takes."""
        deadline = _Deadline(timeout_s)
        last_id: str | None = None
        # a service that was never there is an error at once; one that was may be starting again
        given_up = time.monotonic() + (PATIENCE_S if self._reached else 0.0)
        while True:
            pause_s = 0.2
            try:
                for event in self._connection(path, query, last_id, deadline):
                    given_up = time.monotonic() + PATIENCE_S
                    if event is not None:
                        yield event
                        if event.kind == "end":
                            return
                        last_id = event.id or last_id
                    deadline.check()
            except ServiceUnreachable:
                deadline.check()
                if time.monotonic() > given_up:
                    raise
            except ApiError as error:
                if error.status not in (429, 503):
                    raise
                pause_s = error.retry_after_s or pause_s
            deadline.check()
            time.sleep(min(pause_s, deadline.left_s()))

    def _connection(
        self, path: str, query: Mapping[str, Any], last_id: str | None, deadline: _Deadline
    ) -> Iterator[StreamEvent | None]:
        """The events of one connection, after None when it stands."""
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last_id} if last_id else {})}
        read_s = min(READ_S, max(0.05, deadline.left_s()))
        with self.send("GET", path, read_s, query=query, headers=headers, apart=True) as reply:
            yield None
            try:
                yield from parse_events(reply.pieces())
            except WireBroken:
                # broken off or silent: the caller connects again
                return


class _Deadline:
    def __init__(self, timeout_s: float | None) -> None:
        self._end = None if timeout_s is None else time.monotonic() + timeout_s

    def left_s(self) -> float:
        return float("inf") if self._end is None else max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        if self.left_s() <= 0:
            raise WaitedTooLong


def parse_events(chunks: Iterator[bytes]) -> Iterator[StreamEvent]:
    """The server-sent events in a stream of bytes; comments and `retry` are skipped."""
    buffer = bytearray()
    for chunk in chunks:
        start = max(0, len(buffer) - 1)
        buffer += chunk
        while (end := buffer.find(b"\n\n", start)) >= 0:
            block = buffer[:end].decode()
            del buffer[: end + 2]
            start = 0
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            if "data" in fields:
                yield StreamEvent(fields.get("event", "message"), fields.get("id"), json.loads(fields["data"]))


def _api_error(reply: Reply) -> ApiError:
    body = reply.body()
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not {"detail", "status"} <= set(document):
        # from a proxy, or from a server that is none of ours
        detail = body[:500].decode(errors="replace")
        document = {"status": reply.status, "title": reply.response.reason, "detail": detail}
    after = reply.header("Retry-After")
    return ApiError(document, float(after) if after.isdigit() else None)
