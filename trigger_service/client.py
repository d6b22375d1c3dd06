"""A client of the HTTP API, for programs and for the command line.

    with Client() as client:
        run = client.run("FlightsReport", month="2013-01").wait()
    assert run["state"] == "succeeded"

Documents are the JSON objects of the API, as dictionaries. Streams come back by themselves where a connection breaks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

from trigger_service.client_backfills import BackfillResource
from trigger_service.client_operations import OperationResource
from trigger_service.client_targets import TargetResource
from trigger_service.finding import NoService, find_service
from trigger_service.resources import Resource
from trigger_service.transport import (
    ApiError,
    Document,
    ServiceUnreachable,
    StreamEvent,
    Transport,
    WaitedTooLong,
    parse_events,
)

__all__ = [
    "ApiError",
    "Client",
    "Document",
    "NoService",
    "RunHandle",
    "ServiceUnreachable",
    "StreamEvent",
    "WaitedTooLong",
    "parse_events",
]

#: Seconds that the targets of a retry may take to be moved.
MOVES_S = 6 * 3600.0
FINAL = frozenset({"succeeded", "failed", "cancelled"})
#: Members of a request for a run that are no parameters of the pipeline.
OPTIONS = frozenset(
    {
        "module",
        "location",
        "environment",
        "workers",
        "priority",
        "pools",
        "labels",
        "timeout_s",
        "max_attempts",
        "if_active",
        "preset",
    }
)


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

    def logs(self, *, follow: bool = False, **query: Any) -> Iterator[Document]:
        """Its lines of output; with `follow` up to its end."""
        return self.client.logs(self.id, follow=follow, **query)

    def cancel(self) -> Document:
        """Cancel it."""
        return self.client.cancel(self.id)


class Client:
    """Speaks to one service. Not for several threads at a time."""

    def __init__(self, url: str | None = None, token: str | None = None, name: str = "client") -> None:
        """Without a `url`: LUIGI_TRIGGER_URL, or the service of the current folder; raises NoService.

        Without a `token`: LUIGI_TRIGGER_TOKEN, or none; raises ValueError for one that cannot be sent.
        `name` says in the records who asks: "cli ada@laptop".
        """
        url = url or os.environ.get("LUIGI_TRIGGER_URL")
        found = None if url else find_service(Path.cwd())
        self.url = (url or (found.url if found else "")).rstrip("/")
        self.token = (token or os.environ.get("LUIGI_TRIGGER_TOKEN", "")).strip() or None
        if self.token and not (self.token.isascii() and self.token.isprintable()):
            raise ValueError("The token has characters that no token has; look where it comes from.")
        self.name = name
        self._http = Transport(self.url, self.token, name)
        #: Calendars and backfills.
        self.backfills = BackfillResource(self._http)
        self.pools = Resource(self._http, "/pools")
        self.schedules = Resource(self._http, "/schedules")
        self.sensors = Resource(self._http, "/sensors")
        self.inboxes = Resource(self._http, "/inboxes")
        self.presets = Resource(self._http, "/presets")
        self.notifications = Resource(self._http, "/notifications")
        #: What runs have written.
        self.targets = TargetResource(self._http)
        #: What was moved into the trash, and can be put back.
        self.operations = OperationResource(self._http)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def pipelines(self, **place: str | None) -> Document:
        """All pipelines (`items`) and the modules that cannot be imported (`broken`); of a location, an environment."""
        return self._http.get("/pipelines", place)

    def pipeline(self, family: str, module: str | None = None, **place: str | None) -> Document:
        """One pipeline with its parameters; the one of `module`, where several have one of this name."""
        return self._http.get(f"/pipelines/{quote(family, safe='')}", {"module": module, **place})

    def run(
        self,
        pipeline: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        **more: Any,
    ) -> RunHandle:
        """Ask for a run.

        `more` are further members of the request (`OPTIONS`: workers, priority, labels, ...), and parameters of the
        pipeline; one that has the name of an option stands in `parameters`.
        """
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return RunHandle(self, self._http.post("/runs", _body(pipeline, parameters, more), headers))

    def plan(
        self,
        pipeline: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        states: Sequence[str] = (),
        limit: int | None = None,
        **more: Any,
    ) -> Document:
        """What a run would do now, without running anything; `states` and `limit` say which of its tasks to list."""
        body = _body(pipeline, parameters, more)
        query = {"state": states, "limit": limit}
        return self._http.document(self._http.send("POST", "/plans", query=query, body=body))

    def runs(self, **query: str | int | Sequence[str] | None) -> Document:
        """A page of runs, newest first: `items` and `next_cursor`."""
        return self._http.get("/runs", query)

    def find(self, prefix: str) -> str:
        """The whole id of the one run whose id starts with `prefix`; raises ApiError (404) for none or several."""
        found = self.runs(id_prefix=prefix)["items"]
        if not found:
            raise ApiError({"status": 404, "title": "Run not found", "detail": f"There is no run {prefix!r}."})
        return str(found[0]["id"])

    def get(self, run_id: str) -> Document:
        """A run."""
        return self._http.get(f"/runs/{run_id}")

    def tasks(self, run_id: str, status: Sequence[str] = ()) -> list[Document]:
        """The tasks of a run's newest attempt."""
        items: list[Document] = self._http.get(f"/runs/{run_id}/tasks", {"status": status})["items"]
        return items

    def attempts(self, run_id: str) -> list[Document]:
        """A run's attempts, oldest first."""
        items: list[Document] = self._http.get(f"/runs/{run_id}/attempts")["items"]
        return items

    def graph(self, run_id: str, limit: int | None = None) -> Document:
        """The tasks of a run's newest attempt (`nodes`) and what they require of each other (`edges`)."""
        return self._http.get(f"/runs/{run_id}/graph", {"limit": limit})

    def outputs(
        self, run_id: str, *, task: str | None = None, exists: bool | None = None, limit: int | None = None
    ) -> Document:
        """What the tasks of a run declare as outputs (`items`), whether it existed, and what they have written."""
        shown = None if exists is None else str(exists).lower()
        return self._http.get(f"/runs/{run_id}/targets", {"task": task, "exists": shown, "limit": limit})

    def diff(self, a: str, b: str, limit: int | None = None) -> Document:
        """What is different between two runs: `differences`, and `tasks` one by one."""
        return self._http.get(f"/runs/{a}/diff/{b}", {"limit": limit})

    def download(self, run_id: str, kind: Literal["txt", "jsonl"] = "txt", **query: str | None) -> Iterator[bytes]:
        """The whole log, up to where it is now, piece by piece. `query`: level, task, stream, text, regex."""
        return self._http.download(f"/runs/{run_id}/logs.{kind}", query)

    def logs(
        self, run_id: str, *, follow: bool = False, timeout_s: float | None = None, **query: Any
    ) -> Iterator[Document]:
        """Lines of output, oldest first; with `follow` up to the end of the run.

        `query`: level, task, stream, text, regex. Raises WaitedTooLong.
        """
        if follow:
            for event in self._http.stream(f"/runs/{run_id}/logs", {**query, "follow": "true"}, timeout_s):
                yield from event.data["items"] if event.kind == "lines" else ()
            return
        cursor: str | None = None
        while True:
            page = self._http.get(f"/runs/{run_id}/logs", {**query, "cursor": cursor})
            yield from page["items"]
            if page["complete"] or page["next_cursor"] == cursor:
                return
            cursor = page["next_cursor"]

    def events(self, run_id: str, timeout_s: float | None = None) -> Iterator[StreamEvent]:
        """What happens to a run, from its beginning to its end; raises WaitedTooLong."""
        return self._http.stream(f"/runs/{run_id}/events", {}, timeout_s)

    def wait(self, run_id: str, timeout_s: float | None = None) -> Document:
        """The run when it is final; raises WaitedTooLong."""
        # after any id there is: of the events only the end is of interest
        for _ in self._http.stream(f"/runs/{run_id}/events", {"after": 2**53}, timeout_s):
            pass
        return self.get(run_id)

    def preview(self, timing: Mapping[str, Any], count: int = 10) -> Document:
        """The next fires of a timing (`items`), with notes on changes of the clocks."""
        return self._http.post("/previews", {"timing": dict(timing), "count": count})

    def deliver(self, name: str, content: bytes, signature: Mapping[str, str]) -> Document:
        """Send a delivery to a webhook as its sender would: JSON, with the headers that sign it."""
        path = f"/hooks/{quote(name, safe='')}"
        return self._http.document(self._http.send("POST", path, base="", body=content, headers=signature))

    def cancel(self, run_id: str) -> Document:
        """Cancel a run."""
        return self._http.post(f"/runs/{run_id}/cancel")

    def retry(self, run_id: str, *, from_task: str | None = None, everything: bool = False, **more: Any) -> RunHandle:
        """Start a new run of what a final one asked for; what is complete is not done again.

        With `from_task`, or `everything`, those targets are moved into the trash first, and this waits for that.
        `more`: even_if_running, note.
        """
        if from_task is None and not everything:
            return RunHandle(self, self._http.post(f"/runs/{run_id}/retry"))
        body = {"from_task": from_task} if from_task is not None else {"everything": True}
        reply = self._http.send("POST", f"/runs/{run_id}/retry", read_s=MOVES_S, body={**body, **more})
        return RunHandle(self, self._http.document(reply))


def _body(pipeline: str, parameters: Mapping[str, Any] | None, more: Mapping[str, Any]) -> Document:
    """The body of a request, options and parameters told apart by their names."""
    options = {name: value for name, value in more.items() if name in OPTIONS}
    named = {name: value for name, value in more.items() if name not in OPTIONS}
    return {"pipeline": pipeline, "parameters": {**(parameters or {}), **named}, **options}
