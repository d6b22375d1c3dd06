"""The page of changes: who has changed what, when, from what to what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, request
from werkzeug.wrappers import Response

from trigger_service.domain.audit import AuditRow
from trigger_service.domain.errors import InvalidCursor
from trigger_service.web.pages.changes import Difference, changes_of
from trigger_service.web.pages.exports import after_each, as_file
from trigger_service.web.pages.page import page
from trigger_service.web.pages.sensors import KINDS
from trigger_service.web.replies import iso
from trigger_service.web.services import Services

PATH = "/settings/audit"
ENTRY = "settings"
_ROWS = 50
_COLUMNS = ("id", "time", "actor", "action", "subject", "before", "after")
#: What has a page as long as it is on record, by the first words of the subject; what stands in a list.
_PAGES = {"operation": "/operations/", "backfill": "/backfills/"}
_LISTS = {"pool": "/limits", "token": "/settings/tokens"}


@dataclass(frozen=True)
class Row:
    """A change, and what is different since; of what was made or removed as a whole nothing."""

    row: AuditRow
    differences: list[Difference]
    #: The page of what was changed; empty for none, or where it has been removed since.
    address: str


class Listed:
    """A page of changes."""

    def __init__(self, services: Services, words: str, subject: str, before: str) -> None:
        if before and not (before.isascii() and before.isdigit() and len(before) < 19):
            raise InvalidCursor(cursor=before)
        self._services = services
        self.words, self.subject = words.strip(), subject
        self._found = self._page(int(before) if before else None, _ROWS + 1)

    @property
    def rows(self) -> list[Row]:
        """Those of this page."""
        shown = self._found[:_ROWS]
        differences = [list(changed.differences) for changed in changes_of(shown)]
        addresses = [self._address(row.change.subject) for row in shown]
        return [Row(*each) for each in zip(shown, differences, addresses, strict=True)]

    def _address(self, subject: str) -> str:
        kind, _, name = subject.partition(" ")
        return f"{_PAGES[kind]}{name}" if kind in _PAGES else _LISTS.get(kind) or self._named.get(subject, "")

    @cached_property
    def _named(self) -> dict[str, str]:
        """The pages of what is there now and has a name, by subject."""
        automation, rules = self._services.automation, self._services.notifications.listed()
        paths = {kind.kind: kind.path for kind in KINDS}
        return {
            **{f"schedule {each.name}": f"/schedules/{each.name}" for each in automation.timetable.listed()},
            **{f"sensor {each.name}": f"{paths[each.kind]}/{each.name}" for each in automation.sensors.listed()},
            **{f"notification rule {each.name}": f"/settings/notifications/{each.name}" for each in rules},
        }

    @property
    def query(self) -> str:
        """What the address has of filters."""
        asked = {"q": self.words, "subject": self.subject}
        return urlencode({name: value for name, value in asked.items() if value})

    @property
    def older(self) -> str:
        """The address of the next page; empty at the end."""
        if len(self._found) <= _ROWS:
            return ""
        return f"{PATH}?{'&'.join(filter(None, (self.query, f'before={self._found[_ROWS - 1].id}')))}"

    def everything(self) -> Iterator[tuple[Any, ...]]:
        """Rows of a file."""
        return map(_cells, after_each(self._page, lambda row: row.id))

    def _page(self, before: int | None, limit: int) -> list[AuditRow]:
        return self._services.pools.changes(self.subject or None, before, limit, words=self.words)


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /settings/audit`."""

    @pages.get(PATH)
    def list_changes() -> Response:
        asked = request.args
        listed = Listed(services, asked.get("q", ""), asked.get("subject", ""), asked.get("before", ""))
        if kind := asked.get("as", ""):
            return as_file(kind, "audit", _COLUMNS, listed.everything())
        return page("audit.html", ENTRY, listed=listed)


def _cells(row: AuditRow) -> tuple[Any, ...]:
    change = row.change
    return (row.id, iso(row.time), change.actor, change.action, change.subject, change.before, change.after)
