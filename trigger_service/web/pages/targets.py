"""The pages of targets: which there are, and of each who wrote it, from what, what was made of it, whether it is so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from trigger_service.domain.errors import Busy
from trigger_service.domain.lineage import MOST_STEPS
from trigger_service.domain.operations import Away
from trigger_service.domain.target_writes import TargetWrite
from trigger_service.domain.urls import shown_url
from trigger_service.domain.verification import Verdict
from trigger_service.service.rereadings import Rereading
from trigger_service.service.target_catalogue import TargetHistory
from trigger_service.web.pages.addresses import base, folders, naming, target_address
from trigger_service.web.pages.exports import PAGE, as_file, every_page
from trigger_service.web.pages.lineage_picture import Picture, picture
from trigger_service.web.pages.page import page
from trigger_service.web.replies import iso
from trigger_service.web.services import Services
from trigger_service.web.target_documents import CatalogueQuery
from trigger_service.web.validation import of_query

PATH = "/targets"
ENTRY = "targets"
#: Rows of a page, and of a file.
_ROWS = 50
#: Earlier writes that are shown, and targets of a lineage.
_HISTORY, _NODES, _STEPS = 20, 120, 8
_COLUMNS = (
    "url", "state", "size", "rows", "sha256", "version", "time", "pipeline", "task", "run", "location", "environment"
)  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """Whether a target is there, as far as is known."""

    state: str
    icon: str
    word: str


_BY_VERDICT: Mapping[Verdict, Standing] = {
    "ok": Standing("succeeded", "succeeded", "There, verified"),
    "changed": Standing("warning", "warning", "Changed"),
    "missing": Standing("failed", "failed", "Missing"),
}
_THERE = Standing("complete", "complete", "There")
_SUPERSEDED = Standing("cancelled", "retry", "Written anew")
_AWAY = {"trashed": Standing("paused", "trash", "In the trash"), "purged": Standing("cancelled", "trash", "Deleted")}


@dataclass(frozen=True)
class Row:
    """A write, and what is known of its target since."""

    write: TargetWrite
    away: Away | None = None
    reread: Rereading | None = None

    @property
    def url(self) -> str:
        """As it may be seen."""
        return shown_url(self.write.url)

    @property
    def address(self) -> str:
        """Its page."""
        return target_address(self.write.url, self.write.id)

    @property
    def parts(self) -> tuple[str, str]:
        """What of it is the folder, and what the name in it."""
        own = base(self.write.url)
        return self.url[: len(self.url) - len(own)] if self.url.endswith(own) else "", own

    @property
    def named(self) -> tuple[str, str]:
        """What requests call it: a field and its value."""
        return naming(self.write.url, self.write.id)

    @property
    def standing(self) -> Standing:
        """Whether it is there: by what moved it, by the last look at it, or else by its being written."""
        if not self.write.current:
            return _SUPERSEDED
        if self.away is not None:
            return _AWAY[self.away.state]
        seen = self.reread.verified if self.reread else None
        is_of_this = seen is not None and seen.write.id == self.write.id
        return _BY_VERDICT.get(seen.verdict, _THERE) if seen is not None and is_of_this else _THERE


class Listed:
    """A page of targets."""

    def __init__(self, services: Services, asked: CatalogueQuery, prefix: str) -> None:
        self._services = services
        self.asked = asked
        self.prefix = prefix
        self.shown_prefix = shown_url(prefix)

    @cached_property
    def _found(self) -> tuple[list[Row], str | None]:
        return self._page(self.asked.cursor, _ROWS)

    @property
    def rows(self) -> list[Row]:
        """Those of this page."""
        return self._found[0]

    @property
    def older(self) -> str:
        """The address of the next page; empty at the end."""
        return f"{PATH}?{self._query(cursor=self._found[1])}" if self._found[1] else ""

    @property
    def query(self) -> str:
        """What the address has of filters."""
        return self._query()

    @cached_property
    def pipelines(self) -> list[str]:
        """Those that there are now, and the one that is asked for."""
        known = {pipeline.family for pipeline in self._services.places.catalogue().pipelines}
        return sorted(known | ({self.asked.pipeline} if self.asked.pipeline else set()))

    def without(self, name: str) -> str:
        """The address without one of the filters."""
        return f"{PATH}?{self._query(**{name: None})}"

    def everything(self) -> Iterator[tuple[Any, ...]]:
        """Rows of a file: all pages from the first on."""
        return map(_cells, every_page(lambda cursor: self._page(cursor, PAGE)))

    def _page(self, cursor: str | None, limit: int) -> tuple[list[Row], str | None]:
        asked, targets = self.asked, self._services.targets
        found = targets.page(
            asked.q.strip(), asked.pipeline or None, asked.run or None, cursor, limit, prefix=self.prefix
        )
        away, reread = targets.away(found.writes), self._services.rereadings.of
        rows = [Row(write, away.get(write.url), reread(write.url)) for write in found.writes]
        return rows, found.next_cursor

    def _query(self, **changes: str | None) -> str:
        asked = {"q": self.asked.q, "prefix": self.prefix, "pipeline": self.asked.pipeline, "run": self.asked.run}
        return urlencode({name: value for name, value in {**asked, **changes}.items() if value})


class Shown:
    """One target."""

    def __init__(self, services: Services, url: str) -> None:
        self._services = services
        self.history: TargetHistory = services.targets.history(url, _HISTORY)
        self._url = url = self.history.newest.url
        self.newest = self._row(self.history.newest)
        self.folders = list(folders(url))
        self.base = base(url)

    @property
    def reread(self) -> Rereading | None:
        """The last time that it was read again."""
        return self._services.rereadings.of(self._url)

    @property
    def writes(self) -> list[Row]:
        """All that are shown, newest first."""
        return [self.newest, *(Row(write) for write in self.history.earlier)]

    @cached_property
    def inputs(self) -> list[tuple[str, str, str]]:
        """What the newest write has read: as it may be seen, its page, and its state."""
        return [
            (shown_url(node.url), target_address(node.url, node.write.id if node.write else 0), node.state)
            for node in self.history.inputs
        ]

    @cached_property
    def picture(self) -> Picture:
        """From what it was made, and what was made of it."""
        return picture(self._services.targets.lineage(self._url, "both", min(_STEPS, MOST_STEPS), _NODES))

    def _row(self, write: TargetWrite) -> Row:
        away = self._services.targets.away([write])
        return Row(write, away.get(write.url), self.reread)


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /targets` lists, `GET /targets?url=` (or `?of=`, a write) shows one; `POST /targets/verify`, and `/stop`."""

    @pages.get(PATH)
    def list_targets() -> Response:
        asked = {name: value for name, value in request.args.items() if value}
        if "url" in asked or "of" in asked:
            return page("target.html", ENTRY, target=Shown(services, named(services, asked)))
        kind, prefix = asked.pop("as", ""), asked.pop("prefix", "")
        listed = Listed(services, of_query(CatalogueQuery, asked), prefix)
        if kind:
            return as_file(kind, "targets", _COLUMNS, listed.everything())
        return page("targets.html", ENTRY, listed=listed)

    @pages.post(f"{PATH}/verify")
    def verify_target() -> Response:
        url = named(services, request.form)
        found = services.rereadings.of(url)
        if found is None or found.ended_at is not None:
            try:
                services.rereadings.begin(url)
            except Busy as busy:
                return page("target.html", ENTRY, 429, target=Shown(services, url), refused=str(busy))
        return redirect(f"{_address(services, url)}#verified", 303)

    @pages.post(f"{PATH}/verify/stop")
    def stop_verifying() -> Response:
        url = named(services, request.form)
        services.rereadings.end(url)
        return redirect(f"{_address(services, url)}#verified", 303)


def named(services: Services, asked: Mapping[str, str]) -> str:
    """The URL that a request is about; raises TargetNotFound."""
    given = asked.get("of", "")
    return services.targets.url_of(int(given)) if given.isascii() and given.isdigit() else asked.get("url", "")


def _address(services: Services, url: str) -> str:
    return target_address(url, services.targets.history(url, 0).newest.id)


def _cells(row: Row) -> tuple[Any, ...]:
    write = row.write
    told = (
        row.url,
        row.standing.word,
        write.size,
        write.rows,
        write.sha256 or None,
        write.version or None,
        iso(write.time),
    )
    return (*told, write.pipeline, write.task_id, write.run_id, write.location, write.environment)
