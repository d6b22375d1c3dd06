"""Targets taken away and put back in the HTTP API: what `Client.operations` is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trigger_service.resources import Resource
from trigger_service.transport import Document, Transport

#: States that pass by themselves.
ACTIVE = frozenset({"moving", "undoing", "expiring"})
#: Seconds that looking at many targets may take.
LOOK_S = 300.0
_PAUSE_S = 0.1


class OperationResource(Resource):
    """All operations, by their ids: each has moved targets into the trash, and can put them back."""

    def __init__(self, http: Transport) -> None:
        super().__init__(http, "/operations")

    def consequences(
        self, urls: Sequence[str] = (), *, run: str | None = None, from_task: str | None = None, downstream: bool = True
    ) -> Document:
        """What would be moved, how long it takes to build it again, and what stands in the way; of URLs, or a run."""
        body: Document = {"urls": list(urls), "downstream": downstream} if run is None else _run(run, from_task)
        return self._http.document(self._http.send("POST", "/targets/plan", read_s=LOOK_S, body=body))

    def invalidate(self, urls: Sequence[str], **more: Any) -> Document:
        """Begin to move targets, and what was built from them; `more`: downstream, even_if_running, note."""
        body = {"urls": list(urls), **more}
        return self._http.document(self._http.send("POST", "/targets/invalidate", read_s=LOOK_S, body=body))

    def undo(self, operation_id: str, *, even_if_running: bool = False) -> Document:
        """Begin to put everything back."""
        path, body = f"{self._at(operation_id)}/undo", {"even_if_running": even_if_running}
        return self._http.document(self._http.send("POST", path, read_s=LOOK_S, body=body))

    def purge(self, operation_id: str) -> Document:
        """Begin to delete for good what it holds in the trash; over when its `state` is `expired`."""
        return self._http.document(self._http.send("POST", f"{self._at(operation_id)}/purge"))

    def all(self, **query: Any) -> Iterator[Document]:
        """All operations, newest first; `query`: state, run."""
        cursor: str | None = None
        while True:
            page = self.list(**query, cursor=cursor, limit=200)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def items(self, operation_id: str, **query: Any) -> Document:
        """A page of its targets (`items`); `query`: cursor, limit."""
        return self.part(operation_id, what="items", **query)

    def all_items(self, operation_id: str) -> Iterator[Document]:
        """All of its targets, in the order in which they are moved."""
        cursor: str | None = None
        while True:
            page = self.items(operation_id, cursor=cursor, limit=1000)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def wait(
        self, operation_id: str, told: Callable[[Document], object] = lambda _: None, seconds: float = math.inf
    ) -> Document:
        """The operation, once nothing of it moves any more, or the seconds are over; `told` is given what it is until
        then, now and then.
        """
        end = time.monotonic() + seconds
        while True:
            document = self.get(operation_id)
            if document["state"] not in ACTIVE or time.monotonic() > end:
                return document
            told(document)
            time.sleep(_PAUSE_S)


def _run(run: str, from_task: str | None) -> Document:
    return {"run": {"run_id": run, **({} if from_task is None else {"from_task": from_task})}}
