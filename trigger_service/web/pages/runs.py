"""The list of runs: saved views, filters that stand in the address, live rows, and all of it as files."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from trigger_service.domain.errors import InvalidRequest
from trigger_service.domain.place import DEFAULT
from trigger_service.domain.queries import RunFilter, RunPage
from trigger_service.domain.run import FINAL, TRANSITIONS, Run, RunState
from trigger_service.service.troubles import MOST_LIVE
from trigger_service.web.pages.exports import PAGE, as_file, every_page
from trigger_service.web.pages.filters import Address, Chip, Pair
from trigger_service.web.pages.page import page
from trigger_service.web.pages.run_query import FILTERS, SEVERAL, TROUBLES, RunsAsked, taken_apart
from trigger_service.web.pages.run_row import COLUMNS, RunRow
from trigger_service.web.services import Services
from trigger_service.web.submissions import asked_by
from trigger_service.web.validation import of_query

PATH = "/runs"
#: Runs that a page looks at where no index answers its filter, and the same of the part of a file read at a time.
REACH, FILE_REACH = 20_000, 50_000
#: Runs that views and news are counted up to.
_COUNTED, _NEWS = 1000, 100
LIVE_STATES: tuple[RunState, ...] = ("starting", "running", "cancelling")
KINDS = ("api", "cli", "form", "schedule", "webhook", "file", "pipeline", "backfill", "retry")


@dataclass(frozen=True)
class View:
    """A saved view: a name, an address, and how many it has."""

    name: str
    pairs: tuple[Pair, ...]
    #: None where it is not counted.
    count: str | None = None

    @property
    def href(self) -> str:
        """Where it is."""
        return str(Address(PATH, self.pairs))


class RunList:
    """What the template asks for; what it does not ask for costs nothing."""

    def __init__(self, services: Services, address: Address, now: float, mistakes: Sequence[str] = ()) -> None:
        """`mistakes` say what is wrong with the address; then nothing is listed."""
        self._services = services
        self.address = address
        self.mistakes = mistakes
        self.now = now
        self.asked = RunsAsked() if mistakes else asked_for(address.pairs)

    @cached_property
    def filter(self) -> RunFilter:
        """Which runs."""
        return self.asked.filter(self.now, lambda trouble: self.stuck if trouble == "stuck" else self.late)

    @cached_property
    def stuck(self) -> set[str]:
        """Runs that are, as the overview tells of them."""
        return {each.run.id for each in self._services.attention.stuck(self.now)}

    @cached_property
    def overdue(self) -> set[str]:
        """Runs whose schedules wanted them to have succeeded by now, as the overview tells of them."""
        return {notice.run_id for notice in self._services.attention.late(self.now) if notice.run_id}

    @cached_property
    def late(self) -> set[str]:
        """These, and those that run longer than usual."""
        live = self._services.insights.runs(RunFilter(states=LIVE_STATES), None, MOST_LIVE).runs
        return self.overdue | {row.run.id for row in self._rows(live) if row.state == "late"}

    @cached_property
    def page(self) -> RunPage:
        """Some of them."""
        if self.mistakes:
            return RunPage((), None)
        return self._services.insights.runs(self.filter, self.asked.cursor, self.asked.limit, REACH)

    @cached_property
    def rows(self) -> list[RunRow]:
        """Those of this page."""
        return self._rows(self.page.runs)

    def _rows(self, shown: Sequence[Run]) -> list[RunRow]:
        medians = self._services.history.run_medians(run.pipeline for run in shown if run.started_at)
        troubled = {run.id: self._trouble(run) for run in shown if run.state not in FINAL}
        return [RunRow(run, medians.get(run.pipeline), self.now, troubled.get(run.id, "")) for run in shown]

    def _trouble(self, run: Run) -> str:
        if run.state != "queued" and run.id in self.stuck:
            return "stuck"
        return "late" if run.id in self.overdue else ""

    @property
    def filters(self) -> Address:
        """The address with its filters alone."""
        return self.address.only(FILTERS)

    @property
    def chips(self) -> list[Chip]:
        """A filter each."""
        return self.filters.chips(FILTERS)

    @property
    def rest(self) -> list[Pair]:
        """Filters that may stand several times and have no field of their own: the form has them as they are."""
        return [pair for pair in self.filters.pairs if pair[0] in ("parameter", "label", "by")]

    @property
    def is_first(self) -> bool:
        """Whether it is at the top of the list."""
        return self.asked.cursor is None

    @property
    def older(self) -> str:
        """The next page; empty where there is none."""
        if self.page.next_cursor is None:
            return ""
        seen = self.asked.seen or (self.page.runs[0].created_at if self.is_first and self.page.runs else self.now)
        return str(self.filters.plus(("cursor", self.page.next_cursor), ("seen", repr(seen))))

    @property
    def news(self) -> int:
        """How many runs have come since the top of the list was shown."""
        if self.is_first or self.asked.seen is None:
            return 0
        newer = replace(self.filter, created_after=math.nextafter(self.asked.seen, math.inf))
        return len(self._services.insights.runs(newer, None, _NEWS, REACH).runs)

    @property
    def selects_all(self) -> bool:
        """Whether all that are shown are selected."""
        return self.asked.select == "shown"

    @property
    def views(self) -> list[View]:
        """The saved ones."""
        count = self._services.insights.count
        mine = (("trigger", "form"), ("by", asked_by().by))
        failed = RunFilter(states=("failed",), created_after=self.now - 86_400)
        live, queued = RunFilter(states=LIVE_STATES), RunFilter(states=("queued",))
        live_ones = _told(count(live, _COUNTED))
        stuck = [View("Stuck", (("state", "stuck"),), str(len(self.stuck)))] if live_ones != "0" and self.stuck else []
        return [
            View("All", (), _told(count(RunFilter(), 100 * _COUNTED), 100 * _COUNTED)),
            View("Live", tuple(("state", state) for state in LIVE_STATES), live_ones),
            *stuck,
            View("Queued", (("state", "queued"),), _told(count(queued, _COUNTED))),
            View("Failed in 24 h", (("state", "failed"), ("from", "24h")), _told(count(failed, _COUNTED))),
            View("Launched by me", mine),
            View("Backfills", (("trigger", "backfill"),)),
        ]

    @property
    def reach(self) -> int:
        """How many runs are looked at, where no index answers the filter."""
        return REACH

    @property
    def states(self) -> list[str]:
        """All that there are to ask for."""
        return [*TRANSITIONS, *TROUBLES]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of triggers."""
        return KINDS

    @property
    def pipelines(self) -> list[str]:
        """Names to choose from: of those that the page shows, which costs nothing."""
        return sorted({row.run.pipeline for row in self.rows})

    @property
    def places(self) -> dict[str, list[str]]:
        """Locations and environments, where there are several."""
        known = self._services.places
        named = {"location": known.locations, "environment": known.environments}
        return {kind: list(names) for kind, names in named.items() if [*names] not in ([DEFAULT], [])}

    def value(self, name: str) -> str:
        """What stands in the address."""
        return next((value for key, value in self.address.pairs if key == name), "")

    def everything(self) -> Iterator[tuple[Any, ...]]:
        """Rows of a file: all that pass the filter."""

        def part(cursor: str | None) -> tuple[Sequence[Run], str | None]:
            found = self._services.insights.runs(self.filter, cursor, PAGE, FILE_REACH)
            return found.runs, found.next_cursor

        return (RunRow(run, None, self.now).cells() for run in every_page(part))


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /runs`."""

    @pages.get(PATH)
    def list_runs() -> Response:
        text, written = taken_apart(request.args.get("q", ""))
        address = of_request(request.args)
        if written:
            rest = address.without("q").without("cursor")
            text_left = (("q", text),) if text else ()
            return redirect(str(rest.plus(*written, *text_left)), 302)
        try:
            shown = RunList(services, address, time.time())
        except InvalidRequest as refused:
            mistakes = [f"{problem.pointer.removeprefix('?')}: {problem.detail}" for problem in refused.problems]
            return page("runs.html", "runs", 422, runs=RunList(services, address, time.time(), mistakes))
        kind = request.args.get("as")
        if kind:
            return as_file(kind, "runs", COLUMNS, shown.everything())
        return page("runs.html", "runs", runs=shown)


def of_request(args: MultiDict[str, str], path: str = PATH) -> Address:
    """What the query says, without what is empty; of names that stand once the last."""
    kept: dict[Pair, Pair] = {}
    for name, value in args.items(multi=True):
        if value.strip() and name != "as":
            kept[name, value if name in SEVERAL else ""] = (name, value)
    return Address(path, tuple(kept.values()))


def asked_for(pairs: Sequence[Pair]) -> RunsAsked:
    """What the query of the list says; raises InvalidRequest."""
    values: dict[str, Any] = dict(pairs)
    for name in SEVERAL:
        values[name] = [value for key, value in pairs if key == name]
    return of_query(RunsAsked, values)


def _told(count: int, most: int = _COUNTED) -> str:
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") + ("+" if count >= most else "")
