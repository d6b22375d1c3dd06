"""The pages of pipelines: all that there are with how they went, and one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from trigger_service.launchers.base import BrokenModule, Catalogue
from trigger_service.web.pages import pipeline_rows
from trigger_service.web.pages.exports import as_file
from trigger_service.web.pages.page import page
from trigger_service.web.pages.pipeline_rows import PATH, Asked, Chip, Row
from trigger_service.web.pages.tracebacks import Traceback, of_text
from trigger_service.web.replies import iso
from trigger_service.web.services import Services

HERE = "pipelines"
#: Runs of each that are shown, and modules that cannot be imported whose tracebacks are.
LAST, BROKEN = 20, 10
COLUMNS = (
    "pipeline",
    "module",
    "location",
    "root",
    "owner",
    "tags",
    "doc",
    "last_state",
    "last_at",
    "success_percent",
    "median_s",
    "next_fire",
    "paused_triggers",
)


@dataclass(frozen=True)
class Broken:
    """A module that cannot be imported."""

    module: BrokenModule
    #: None where there is none, or too many are broken.
    traceback: Traceback | None
    #: Families of it that are offered as they were last, and cannot be triggered until it is mended.
    stale: Sequence[str]


class Board:
    """What the list shows."""

    def __init__(self, services: Services, asked: Asked) -> None:
        self._services = services
        self.asked = asked

    @cached_property
    def catalogue(self) -> Catalogue:
        """As of the code now."""
        return self._services.places.catalogue()

    @cached_property
    def all(self) -> list[Row]:
        """Every pipeline, roots first, then by name."""
        pipelines = sorted(self.catalogue.pipelines, key=lambda each: (not each.root, each.family, each.location))
        names = Counter(each.family for each in pipelines)
        runs = self._services.insights.glances({(each.family, each.location): None for each in pipelines}, LAST)
        automation = self._services.automation
        fires, paused = pipeline_rows.starters(automation.timetable.listed(), automation.sensors.listed())
        return [
            Row(
                each,
                runs[each.family, each.location],
                fires.get(each.family),
                paused.get(each.family, ()),
                shares_name=names[each.family] > 1,
            )
            for each in pipelines
        ]

    @cached_property
    def rows(self) -> list[Row]:
        """Those that are asked for."""
        return list(filter(self.asked.shows, self.all))

    @property
    def kinds(self) -> list[Chip]:
        """Filters by kind."""
        return pipeline_rows.kind_chips(self.all, self.asked)

    @property
    def facets(self) -> list[Chip]:
        """Filters by tag, owner and location."""
        return pipeline_rows.facet_chips(self.all, self.asked)

    @cached_property
    def broken(self) -> list[Broken]:
        """What cannot be imported."""
        stale: dict[str, list[str]] = {}
        for each in self.catalogue.pipelines:
            if each.stale:
                stale.setdefault(each.module, []).append(each.family)
        return [
            Broken(
                each, of_text(each.traceback) if each.traceback and place < BROKEN else None, stale.get(each.module, ())
            )
            for place, each in enumerate(self.catalogue.broken)
        ]

    @property
    def modules(self) -> int:
        """How many there are of them."""
        return len({(each.location, each.module) for each in self.catalogue.pipelines})

    @property
    def locations(self) -> int:
        """In how many places they are."""
        return len({each.location for each in self.catalogue.pipelines})


def add_routes(pages: Blueprint, services: Services) -> None:
    """`/pipelines` and what is below it."""

    @pages.get(PATH)
    def pipelines() -> Response:
        board = Board(services, Asked.of(request.args))
        if kind := request.args.get("as"):
            return as_file(kind, "pipelines", COLUMNS, map(_cells, board.rows))
        return page("pipelines.html", HERE, board=board)


def _cells(row: Row) -> list[Any]:
    each, last = row.pipeline, row.last
    return [
        each.family,
        each.module,
        each.location,
        each.root,
        each.owner,
        list(each.tags),
        row.summary,
        last.state if last else None,
        iso(last.created_at) if last else None,
        row.share,
        row.median_s,
        iso(row.next_fire[0]) if row.next_fire else None,
        list(row.paused),
    ]
