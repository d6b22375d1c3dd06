"""The catalogue of targets in the HTTP API: what `Client.targets` is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trigger_service.resources import Resource
from trigger_service.transport import ApiError, Document, ServiceUnreachable, Transport, parse_events
from trigger_service.wire import WireBroken


class TargetResource(Resource):
    """All targets that runs have written, by their URLs; files by their absolute paths."""

    def __init__(self, http: Transport) -> None:
        super().__init__(http, "/targets")

    def show(self, url: str, limit: int | None = None) -> Document:
        """Who wrote a target (`newest`), from what (`inputs`), and what was there before (`earlier`)."""
        return self.part(what="show", url=url, limit=limit)

    def lineage(self, url: str, **query: Any) -> Document:
        """What it was made from, and what was made of it (`nodes`, `edges`); `query`: direction, depth, limit."""
        return self.part(what="lineage", url=url, **query)

    def verify(
        self,
        url: str | None = None,
        *,
        run_id: str | None = None,
        timeout_s: float | None = None,
        hear: Callable[[str, Document], object] = lambda _kind, _data: None,
    ) -> Document:
        """Read a target again, or all that a run has written, and compare it with what is on record (`items`).

        `hear` is told how far it is (`progress`: url, amount, of) and what was found (`verified`). Raises ApiError.
        """
        given = {"url": url, "run_id": run_id, "timeout_s": timeout_s}
        body = {name: value for name, value in given.items() if value is not None}
        headers = {"Accept": "text/event-stream"}
        with self._http.send("POST", f"{self._path}/verify", body=body, headers=headers, apart=True) as reply:
            try:
                for event in parse_events(reply.pieces()):
                    if event.kind == "end":
                        return event.data
                    if event.kind == "problem":
                        raise ApiError(event.data)
                    hear(event.kind, event.data)
            except WireBroken as broken:
                raise ServiceUnreachable(self._http.url, str(broken)) from broken
        raise ServiceUnreachable(self._http.url, "it ended in the middle of a verification")
