"""The pages of operations: what was moved into the trash as one, how far it is, put back, or deleted for good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, request
from werkzeug.wrappers import Response

from trigger_service.domain.errors import Conflict, InvalidCursor
from trigger_service.domain.ids import is_run_id
from trigger_service.domain.operations import ACTIVE, HOLDING, Item, ItemState, OperationState, Overview
from trigger_service.domain.urls import shown_url
from trigger_service.service.operations import Demand
from trigger_service.web.askers import asker
from trigger_service.web.operation_documents import OperationsQuery
from trigger_service.web.pages.addresses import base, target_address
from trigger_service.web.pages.exports import after_each, as_file
from trigger_service.web.pages.page import page
from trigger_service.web.pages.targets import ENTRY, Standing
from trigger_service.web.replies import iso
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor
from trigger_service.web.validation import of_query

PATH = "/operations"
_ROWS, _ITEMS = 50, 100
_COLUMNS = ("id", "kind", "state", "named", "targets", "bytes", "actor", "note", "reason", "created_at", "expires_at")
STANDINGS: Mapping[OperationState, Standing] = {
    "moving": Standing("running", "running", "Being moved"),
    "moved": Standing("paused", "trash", "In the trash"),
    "failed": Standing("failed", "failed", "Failed"),
    "undoing": Standing("running", "running", "Being put back"),
    "undone": Standing("succeeded", "succeeded", "Put back"),
    "expiring": Standing("running", "running", "Being deleted"),
    "expired": Standing("cancelled", "trash", "Deleted"),
}
_OF_ITEM: Mapping[ItemState, Standing] = {
    "planned": Standing("pending", "pending", "In its place"),
    "trashed": Standing("paused", "trash", "In the trash"),
    "absent": Standing("cancelled", "lost", "Not there"),
    "restored": Standing("succeeded", "succeeded", "Put back"),
    "purged": Standing("cancelled", "trash", "Deleted"),
}


@dataclass(frozen=True)
class Shown:
    """An operation as pages have it."""

    overview: Overview

    @property
    def standing(self) -> Standing:
        """Its state; one that has nothing in the trash any more says so."""
        held = self.overview.counts["trashed"]
        if self.overview.operation.state == "moved" and not held:
            return Standing("cancelled", "lost", "Nothing was there")
        return STANDINGS[self.overview.operation.state]

    @property
    def title(self) -> str:
        """What was done, in a few words."""
        operation = self.overview.operation
        if operation.kind == "retry":
            return f"Retry from {operation.named[0]}" if operation.named else "Retry of everything"
        more = f" and {len(operation.named) - 1} more" if len(operation.named) > 1 else ""
        return f"Invalidation of {base(operation.named[0]) if operation.named else 'targets'}{more}"

    @property
    def named(self) -> list[tuple[str, str]]:
        """The targets that were asked for, as they may be seen, and their pages."""
        operation = self.overview.operation
        urls = operation.named if operation.kind == "invalidate" else ()
        return [(shown_url(url), target_address(url)) for url in urls[:20]]

    @property
    def total(self) -> int:
        """Targets."""
        return sum(self.overview.counts.values())

    @property
    def bytes(self) -> int:
        """Of them, as far as that was known."""
        return sum(self.overview.bytes.values())

    @property
    def active(self) -> bool:
        """Whether something is being moved."""
        return self.overview.operation.state in ACTIVE

    @property
    def done(self) -> int:
        """How many targets have been dealt with, of one that is active."""
        left: Mapping[str, tuple[ItemState, ...]] = {
            "moving": ("planned", "restored"), "undoing": ("planned", "trashed"), "expiring": ("trashed",)
        }  # fmt: skip
        waiting = left.get(self.overview.operation.state, ())
        return self.total - sum(self.overview.counts[state] for state in waiting)

    @property
    def holds(self) -> int:
        """How many targets can be put back, or deleted."""
        return self.overview.counts["trashed"] if self.overview.operation.state in HOLDING else 0


class Details:
    """One operation, with its targets."""

    def __init__(self, services: Services, operation_id: str, after: int) -> None:
        self._services = services
        self._id = operation_id
        self._after = after

    @cached_property
    def shown(self) -> Shown:
        """It."""
        return Shown(self._services.operations.get(self._id))

    @cached_property
    def _page(self) -> list[Item]:
        return self._services.operations.items(self._id, self._after, _ITEMS + 1)

    @property
    def rows(self) -> list[tuple[Item, str, str, Standing]]:
        """Its targets: as they may be seen, their pages, and what has become of them."""
        return [
            (item, shown_url(item.url), target_address(item.url), _OF_ITEM[item.state]) for item in self._page[:_ITEMS]
        ]

    @property
    def older(self) -> str:
        """The address of the next page of targets; empty at the end."""
        return f"{PATH}/{self._id}?after={self._page[_ITEMS - 1].position}" if len(self._page) > _ITEMS else ""


class Listed:
    """A page of operations."""

    def __init__(self, services: Services, asked: OperationsQuery) -> None:
        if asked.cursor is not None and not is_run_id(asked.cursor):
            raise InvalidCursor(cursor=asked.cursor)
        self._services = services
        self.asked = asked

    @cached_property
    def _found(self) -> list[Overview]:
        return self._page(self.asked.cursor, _ROWS + 1)

    @property
    def rows(self) -> list[Shown]:
        """Those of this page."""
        return [Shown(overview) for overview in self._found[:_ROWS]]

    @property
    def query(self) -> str:
        """What the address has of filters."""
        return urlencode([*(("state", state) for state in self.asked.state), *_of_run(self.asked)])

    @property
    def older(self) -> str:
        """The address of the next page; empty at the end."""
        if len(self._found) <= _ROWS:
            return ""
        cursor = urlencode({"cursor": self._found[_ROWS - 1].operation.id})
        return f"{PATH}?{'&'.join(part for part in (self.query, cursor) if part)}"

    def everything(self) -> Iterator[tuple[Any, ...]]:
        """Rows of a file."""
        return (_cells(Shown(each)) for each in after_each(self._page, lambda overview: overview.operation.id))

    def _page(self, cursor: str | None, limit: int) -> list[Overview]:
        return self._services.operations.listed(self.asked.state, self.asked.run or None, cursor, limit)


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /operations`, `GET /operations/ID`; `POST` of `/undo` puts back, of `/purge` deletes."""
    operations = services.operations

    @pages.get(PATH)
    def list_operations() -> Response:
        asked: dict[str, Any] = {name: value for name, value in request.args.items() if value}
        kind = asked.pop("as", "")
        listed = Listed(services, of_query(OperationsQuery, {**asked, "state": request.args.getlist("state")}))
        if kind:
            return as_file(kind, "operations", _COLUMNS, listed.everything())
        return page("operations.html", ENTRY, listed=listed)

    @pages.get(f"{PATH}/<operation_id>")
    def show_operation(operation_id: str) -> Response:
        return _page(services, operation_id)

    @pages.post(f"{PATH}/<operation_id>/undo")
    def undo_operation(operation_id: str) -> Response:
        demand = Demand(actor("form"), even_if_running=request.form.get("even_if_running") == "yes")
        try:
            operations.undo(operation_id, demand, asker(current_app.extensions["long_requests"]))
        except Conflict as conflict:
            return _page(services, operation_id, 409, str(conflict))
        return redirect(f"{PATH}/{operation_id}", 303)

    @pages.post(f"{PATH}/<operation_id>/purge")
    def purge_operation(operation_id: str) -> Response:
        try:
            operations.purge(operation_id, actor("form"))
        except Conflict as conflict:
            return _page(services, operation_id, 409, str(conflict))
        return redirect(f"{PATH}/{operation_id}", 303)


def _page(services: Services, operation_id: str, status: int = 200, refused: str = "") -> Response:
    after = request.args.get("after", "")
    position = int(after) if after.isascii() and after.isdigit() else -1
    operations = services.operations
    operations.get(operation_id)  # where there is none, that is the answer, and no page
    return page("operation.html", ENTRY, status, operation=Details(services, operation_id, position), refused=refused)


def _of_run(asked: OperationsQuery) -> list[tuple[str, str]]:
    return [("run", asked.run)] if asked.run else []


def _cells(shown: Shown) -> tuple[Any, ...]:
    operation = shown.overview.operation
    named = ", ".join(shown_url(url) for url in operation.named)
    told = (operation.id, operation.kind, operation.state, named, shown.total, shown.bytes, operation.actor)
    return (*told, operation.note, operation.reason, iso(operation.created_at), iso(operation.expires_at))
