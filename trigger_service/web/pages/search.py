"""One field for all: pipelines, runs, targets and the text of logs; each group says how far it looked."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from trigger_service.domain.errors import RunNotFound
from trigger_service.domain.queries import LogFilter, RunFilter, RunPage
from trigger_service.domain.run import Run
from trigger_service.domain.target_writes import TargetWrite
from trigger_service.domain.urls import shown_url
from trigger_service.launchers.base import Pipeline
from trigger_service.service.logsearch import LogHits
from trigger_service.web.pages.addresses import target_address
from trigger_service.web.pages.frame import Frame
from trigger_service.web.pages.logline import ShownLine, excerpt, finder
from trigger_service.web.pages.page import page
from trigger_service.web.services import Services

PATH = "/search"
#: Characters that are looked for; hits of a group that are shown; names that are near.
LONGEST, SHOWN, NEAR = 200, 8, 5
#: Runs whose text is looked through; seconds of the logs that are looked into, how long that may take, runs with hits.
REACH, LOG_S, LOOK_S, LOGS = 5_000, 86_400, 0.05, 3
_RUN_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_NAMED = re.compile(r"([A-Za-z_][\w.-]*)\s*[=:]\s*(.+)")


@dataclass(frozen=True)
class Piece:
    """A part of a text that is a hit as a whole, or not at all."""

    text: str
    is_hit: bool


def marked(text: str, words: str) -> list[Piece]:
    """The text in pieces: hits, in any case, and what stands between them."""
    if not words:
        return [Piece(text, False)]
    parts = re.split(f"({re.escape(words)})", text, flags=re.IGNORECASE)
    return [Piece(part, place % 2 == 1) for place, part in enumerate(parts) if part]


class Search:
    """What somebody looks for; nothing is looked for before the template asks for it."""

    def __init__(self, services: Services, frame: Frame, words: str, now: float) -> None:
        self._services = services
        self._frame = frame
        self.words = words
        self.now = now

    @cached_property
    def run(self) -> Run | None:
        """The run whose id it is."""
        if not _RUN_ID.fullmatch(self.words):
            return None
        try:
            return self._services.insights.run(self.words.lower())
        except RunNotFound:
            return None

    @cached_property
    def pipelines(self) -> list[Pipeline]:
        """By name first, then by what is said of them."""
        words = self.words.lower()
        ranked = ((_rank(each, words), each.family.lower(), place) for place, each in enumerate(self._known))
        return [self._known[place] for rank, _, place in sorted(ranked) if rank < _NOT]

    def excerpt(self, pipeline: Pipeline) -> str:
        """The line of its documentation that has the words; else the first."""
        lines = [line.strip() for line in pipeline.doc.splitlines() if line.strip()] or [""]
        return next((line for line in lines if self.words.lower() in line.lower()), lines[0])

    @cached_property
    def runs(self) -> list[Run]:
        """Those with a parameter or a label of this value where it is `name=value`; then those that mention it."""
        found = {run.id: run for wanted in self._named() for run in self._page(wanted).runs}
        if len(found) <= SHOWN:
            found |= {run.id: run for run in self._mentioning.runs}
        return list(found.values())

    @property
    def looked_to(self) -> float | None:
        """Back to when the text of runs was looked through; None where that was all."""
        return self._mentioning.looked_to if len(self.runs) <= SHOWN else None

    @cached_property
    def _mentioning(self) -> RunPage:
        return self._page(RunFilter(text=self.words))

    @cached_property
    def targets(self) -> Sequence[TargetWrite]:
        """Whose address has it, or the family that wrote them."""
        return self._services.targets.page(self.words, None, None, None, SHOWN + 1).writes

    def target_href(self, write: TargetWrite) -> str:
        """The page of a target."""
        return target_address(write.url, write.id)

    @cached_property
    def logs(self) -> LogHits:
        """Lines of the newest runs."""
        wanted = RunFilter(created_after=self.now - LOG_S)
        return self._services.log_search.search(wanted, LogFilter(text=self.words), None, LOOK_S, LOGS)

    @cached_property
    def lines(self) -> list[tuple[Run, ShownLine, int]]:
        """Of each run with hits the first line, and how many more there are."""
        find = finder(self.words, is_expression=False)
        return [(found.run, excerpt(found.rows[0], {}, find), found.count - 1) for found in self.logs.found]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.pipelines or self.runs or self.targets or self.lines)

    @property
    def near(self) -> list[str]:
        """Names of pipelines that it may be a slip of."""
        by_lower = {each.family.lower(): each.family for each in self._known}
        return [by_lower[name] for name in get_close_matches(self.words.lower(), by_lower, NEAR, 0.5)]

    @property
    def _known(self) -> Sequence[Pipeline]:
        return self._frame.catalogue().pipelines

    def _named(self) -> Iterator[RunFilter]:
        named = _NAMED.fullmatch(self.words)
        if named:
            name, value = named[1], named[2].strip()
            yield RunFilter(parameters={name: value})
            yield RunFilter(labels={name: value})

    def _page(self, wanted: RunFilter) -> RunPage:
        return self._services.insights.runs(wanted, None, SHOWN + 1, REACH)


_NOT = 9


def _rank(pipeline: Pipeline, words: str) -> int:
    """How near it is; `_NOT` for not at all."""
    family = pipeline.family.lower()
    told = (pipeline.module, pipeline.owner, *pipeline.tags, pipeline.doc)
    if family == words:
        return 0
    if family.startswith(words):
        return 1
    if words in family:
        return 2
    return 3 if any(words in each.lower() for each in told) else _NOT


def add_routes(pages: Blueprint, services: Services, frame: Frame) -> None:
    """`GET /search?q=`; the id of a run leads to its page."""

    @pages.get(PATH)
    def search() -> Response:
        found = Search(services, frame, request.args.get("q", "").strip()[:LONGEST], time.time())
        if found.run is not None:
            return redirect(f"/runs/{found.run.id}")
        return page(
            "search.html", "search", search=found, searched=found.words, most=SHOWN, marked=marked, shown_url=shown_url
        )
