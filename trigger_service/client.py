"""A client of the HTTP API, for programs and for the command line.

    client = Client("http://127.0.0.1:8090")
    run = client.run("FlightsReport", {"month": "2013-01"})
    assert run.wait()["state"] == "succeeded"

Documents are the JSON objects of the API, as dictionaries. Streams come back by themselves where a connection breaks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

Document = dict[str, Any]
FINAL = frozenset({"succeeded", "failed", "cancelled"})
#: Seconds to connect; seconds of silence after which a request (or a stream, which sends signs of life) is given up.
CONNECT_S, READ_S = 5.0, 45.0
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


@dataclass(frozen=True)
class RunHandle:
    """A run as it was when it was asked for, and what can be done with it."""

    client: Client
    document: Document

    @property
    def id(self) -> str:
        """The run's id."""
        return str(self.document["id"])

    def wait(self, timeout_s: float | None = None) -> Document:
        """The run when it is final; raises WaitedTooLong."""
        return self.client.wait(self.id, timeout_s)

    def cancel(self) -> Document:
        """Cancel it."""
        return self.client.cancel(self.id)


class Client:
    """Speaks to one service. Not for several threads at a time."""

    def __init__(self, url: str, token: str | None = None, name: str = "client") -> None:
        """`name` says in the records who asks: "cli ada@laptop"."""
        self.url = url.rstrip("/")
        self.token = token
        self.name = name
        self._reached = False
        self._session = requests.Session()
        # proxies from the environment have no business between a client and a loopback service
        self._session.trust_env = False
        self._session.headers["X-Luigi-Trigger-Client"] = name
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def pipelines(self, **place: str | None) -> Document:
        """All pipelines (`items`) and the modules that cannot be imported (`broken`); of a location, an environment."""
        return self._get("/pipelines", place)

    def pipeline(self, family: str, module: str | None = None, **place: str | None) -> Document:
        """One pipeline with its parameters; the one of `module`, where several have one of this name."""
        return self._get(f"/pipelines/{quote(family, safe='')}", {"module": module, **place})

    def run(
        self,
        pipeline: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        **options: Any,
    ) -> RunHandle:
        """Ask for a run. `options` are further members of the request: workers, priority, labels, timeout_s, ..."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        body = {"pipeline": pipeline, "parameters": dict(parameters or {}), **options}
        return RunHandle(self, self._post("/runs", body, headers))

    def plan(
        self,
        pipeline: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        states: Sequence[str] = (),
        limit: int | None = None,
        **options: Any,
    ) -> Document:
        """What a run would do now, without running anything; `states` and `limit` say which of its tasks to list."""
        body = {"pipeline": pipeline, "parameters": dict(parameters or {}), **options}
        query = {"state": states, "limit": limit}
        return self._document(self._send("POST", "/plans", params=query, json=body))

    def runs(self, **query: str | int | Sequence[str] | None) -> Document:
        """A page of runs, newest first: `items` and `next_cursor`."""
        return self._get("/runs", query)

    def find(self, prefix: str) -> str:
        """The whole id of the one run whose id starts with `prefix`; raises ApiError (404) for none or several."""
        found = self.runs(id_prefix=prefix)["items"]
        if not found:
            raise ApiError({"status": 404, "title": "Run not found", "detail": f"There is no run {prefix!r}."})
        return str(found[0]["id"])

    def get(self, run_id: str) -> Document:
        """A run."""
        return self._get(f"/runs/{run_id}")

    def tasks(self, run_id: str, status: Sequence[str] = ()) -> list[Document]:
        """The tasks of a run's newest attempt."""
        items: list[Document] = self._get(f"/runs/{run_id}/tasks", {"status": status})["items"]
        return items

    def logs(
        self, run_id: str, *, follow: bool = False, timeout_s: float | None = None, **query: Any
    ) -> Iterator[Document]:
        """Lines of output, oldest first; with `follow` up to the end of the run.

        `query`: level, task, stream, text. Raises WaitedTooLong.
        """
        if follow:
            for event in self._stream(f"/runs/{run_id}/logs", {**query, "follow": "true"}, timeout_s):
                yield from event.data["items"] if event.kind == "lines" else ()
            return
        cursor: str | None = None
        while True:
            page = self._get(f"/runs/{run_id}/logs", {**query, "cursor": cursor})
            yield from page["items"]
            if page["complete"] or page["next_cursor"] == cursor:
                return
            cursor = page["next_cursor"]

    def events(self, run_id: str, timeout_s: float | None = None) -> Iterator[StreamEvent]:
        """What happens to a run, from its beginning to its end; raises WaitedTooLong."""
        return self._stream(f"/runs/{run_id}/events", {}, timeout_s)

    def wait(self, run_id: str, timeout_s: float | None = None) -> Document:
        """The run when it is final; raises WaitedTooLong."""
        # after any id there is: of the events only the end is of interest
        for _ in self._stream(f"/runs/{run_id}/events", {"after": 2**53}, timeout_s):
            pass
        return self.get(run_id)

    def cancel(self, run_id: str) -> Document:
        """Cancel a run."""
        return self._post(f"/runs/{run_id}/cancel")

    def retry(self, run_id: str) -> RunHandle:
        """Start a new run of what a final one asked for."""
        return RunHandle(self, self._post(f"/runs/{run_id}/retry"))

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> Document:
        return self._document(self._send("GET", path, params=query))

    def _post(self, path: str, body: Document | None = None, headers: Mapping[str, str] | None = None) -> Document:
        return self._document(self._send("POST", path, json=body, headers=headers))

    def _send(self, method: str, path: str, read_s: float = READ_S, **options: Any) -> requests.Response:
        try:
            response = self._session.request(
                method, f"{self.url}/api/v1{path}", timeout=(CONNECT_S, read_s), allow_redirects=False, **options
            )
        except requests.RequestException as error:
            raise ServiceUnreachable(self.url, _reason(error)) from error
        self._reached = True
        if response.status_code >= 300:
            raise _api_error(response)
        return response

    def _document(self, response: requests.Response) -> Document:
        try:
            document: Document = response.json()
        except ValueError as error:
            raise ServiceUnreachable(self.url, "what answers there is something else") from error
        return document

    def _stream(self, path: str, query: Mapping[str, Any], timeout_s: float | None) -> Iterator[StreamEvent]:
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
        with self._send("GET", path, read_s, params=query, headers=headers, stream=True) as response:
            yield None
            try:
                yield from parse_events(response.iter_content(None))
            except requests.RequestException:
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


def _api_error(response: requests.Response) -> ApiError:
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict) or not {"detail", "status"} <= set(document):
        # from a proxy, or from a server that is none of ours
        document = {"status": response.status_code, "title": response.reason, "detail": response.text[:500]}
    after = response.headers.get("Retry-After", "")
    return ApiError(document, float(after) if after.isdigit() else None)


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "it did not answer in time"
    if isinstance(error, requests.ReadTimeout):
        return "it accepted the request and then was silent"
    if isinstance(error, requests.ConnectionError):
        return "connection refused" if "refused" in str(error) else "the connection failed"
    return str(error)
