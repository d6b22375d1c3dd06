"""Calendars and backfills of the HTTP API: what `Client.backfills` is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from trigger_service.resources import Resource
from trigger_service.transport import Document, Transport


class BackfillResource(Resource):
    """All backfills, by their ids."""

    def __init__(self, http: Transport) -> None:
        super().__init__(http, "/backfills")

    def calendar(self, pipeline: str, parameter: str, **more: Any) -> Document:
        """For which values of a parameter a pipeline is complete (`items`, `counts`), without running anything.

        `more` has `range` ({start, stop}, or {last: N}) or `values`, and any members of a request for a run.
        """
        return self._http.post("/calendars", {"pipeline": pipeline, "parameter": parameter, **more})

    def make(self, pipeline: str, parameter: str, *, idempotency_key: str | None = None, **more: Any) -> Document:
        """Begin a backfill of what is missing; `more` as for a calendar, and `order` and `parallel`."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._http.post(self._path, {"pipeline": pipeline, "parameter": parameter, **more}, headers)

    def parts(self, backfill_id: str, states: Sequence[str] = ()) -> Iterator[Document]:
        """Its values in their order, each with its state and the run of its newest try."""
        cursor: str | None = None
        while True:
            page = self.part(backfill_id, what="parts", state=states, cursor=cursor, limit=1000)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def cancel(self, backfill_id: str) -> Document:
        """Cancel what waits, and its live runs."""
        return self.ask(backfill_id, what="cancel")

    def retry(self, backfill_id: str) -> Document:
        """Begin again with what failed, was skipped or cancelled."""
        return self.ask(backfill_id, what="retry")
