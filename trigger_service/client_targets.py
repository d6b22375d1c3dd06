"""The catalogue of targets in the HTTP API: what `Client.targets` is."""

from __future__ import annotations

from typing import Any

from trigger_service.resources import Resource
from trigger_service.transport import Document, Transport


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
