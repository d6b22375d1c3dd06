"""Text in the logs of all runs: hits by run, how far was looked, and how to narrow down."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from trigger_service.domain.logs import LEVELS
from trigger_service.domain.queries import LogFilter, RunFilter
from trigger_service.service.logsearch import WHOLE_S, FoundIn, LogHits
from trigger_service.web.pages.exports import as_file
from trigger_service.web.pages.hits_picture import HitsPicture, hits_picture
from trigger_service.web.pages.logline import Names, ShownLine, excerpt, finder, mistake_of
from trigger_service.web.pages.page import page
from trigger_service.web.replies import iso
from trigger_service.web.services import Services

PATH = "/logs"
#: How far back one may look, by what the address says.
SPANS = {"1h": (3600, "last hour"), "24h": (86_400, "last 24 hours"), "7d": (604_800, "last 7 days")}
#: Of each kind, at most.
_FACETS = 12
_COLUMNS = ("run", "pipeline", "line", "time", "level", "stream", "task", "text")


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /logs?q=&re=&level=&pipeline=&task=&from=&to=`; `as=csv` or `json` gives all hits."""

    @pages.get(PATH)
    def logs() -> Response:
        search = Search(services, request.args, time.time())
        if "as" in request.args:
            return as_file(request.args["as"], "log-hits", _COLUMNS, search.as_rows(), lambda: search.left_off)
        return page("logs.html", "logs", search=search)


@dataclass(frozen=True)
class Facet:
    """A way to narrow down: by what, how many hits it has, its share of the most in percent, and the address."""

    name: str
    count: int
    share: float
    href: str


class Search:
    """What somebody looks for; nothing is looked for before it is asked what was found."""

    def __init__(self, services: Services, asked: MultiDict[str, str], now: float) -> None:
        self._services = services
        self._asked = asked
        self.text, self.is_expression = asked.get("q", "")[:500], bool(asked.get("re"))
        self.level = asked.get("level", "") if asked.get("level") in LEVELS else ""
        self.pipeline, self.task = asked.get("pipeline", ""), asked.get("task", "")[:500]
        self.since, self.until = asked.get("from", ""), asked.get("to", "")
        self.cursor = asked.get("after") or None
        self._now = now
        #: Where a file ends, if not with the last hit; known when it was read.
        self.left_off = ""

    @property
    def spans(self) -> Mapping[str, tuple[int, str]]:
        """How far back one may look."""
        return SPANS

    @property
    def asks(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.text or self.level or self.task) and not self.mistake

    @cached_property
    def mistake(self) -> str:
        """What is wrong with the expression."""
        return mistake_of(self.text, is_expression=self.is_expression)

    @cached_property
    def hits(self) -> LogHits:
        """What was found."""
        return self._services.log_search.search(*self._filters, self.cursor)

    @cached_property
    def shown(self) -> list[tuple[FoundIn, list[ShownLine]]]:
        """Each run with hits, and its first ones as they are shown."""
        find = finder(self.text, is_expression=self.is_expression)
        named = zip(self.hits.found, self._named, strict=True)
        return [(found, [excerpt(row, names, find) for row in found.rows]) for found, names in named]

    @cached_property
    def _named(self) -> list[Names]:
        """Of each run with hits, the tasks that have printed them."""
        return [self._services.logs.tasks(found.run, found.tasks) for found in self.hits.found]

    @property
    def count(self) -> int:
        """All hits that were found."""
        return sum(found.count for found in self.hits.found)

    @property
    def pipelines(self) -> list[str]:
        """Those to choose from."""
        known = {pipeline.family for pipeline in self._services.places.catalogue().pipelines}
        return sorted({*known, self.pipeline} - {""})

    @cached_property
    def facets(self) -> list[tuple[str, Sequence[Facet]]]:
        """By pipeline, by level and by the family of the task."""
        by_pipeline: Counter[str] = Counter()
        by_level: Counter[str] = Counter()
        by_task: Counter[str] = Counter()
        for found, names in zip(self.hits.found, self._named, strict=True):
            by_pipeline[found.run.pipeline] += found.count
            by_level.update(found.levels)
            for task_id, count in found.tasks.items():
                by_task[names[task_id][0] if task_id in names else ""] += count
        del by_task[""]
        shown = {"Pipeline": by_pipeline, "Level": by_level, "Task": by_task}
        return [(title, self._facets(title.lower(), counts)) for title, counts in shown.items()]

    @property
    def is_partial(self) -> bool:
        """Whether there may be more hits than are counted."""
        return self.hits.next_cursor is not None or any(found.more for found in self.hits.found)

    @cached_property
    def picture(self) -> HitsPicture | None:
        """When the hits were printed, over the time that was looked at; None without any."""
        times = [hit for found in self.hits.found for hit in found.times]
        if not times:
            return None
        newest, oldest = max(times)[0], min(times)[0]
        until = self._moment(self.until) or (newest if self.cursor else self._now)
        since = self.hits.back_to if self.hits.next_cursor else self._moment(self.since)
        return hits_picture(times, oldest if since is None else since, until)

    def address(self, **changes: Any) -> str:
        """The search with other values; an empty one goes. It begins with the newest run, unless `after` says where."""
        kept = [(name, value) for name, value in self._asked.items() if name not in (*changes, "after", "as") and value]
        return f"{PATH}?{urlencode([*kept, *((name, str(value)) for name, value in changes.items() if value)])}"

    @property
    def query(self) -> str:
        """What an address of the same hits has after `?`."""
        return urlencode([(name, value) for name, value in self._asked.items() if name != "as" and value])

    def in_run(self, found: FoundIn, line: int = 0) -> str:
        """The log of a run: at a line, or with all of its hits."""
        asked = {"q": self.text, "re": "1" if self.is_expression else "", "level": self.level, "task": self.task}
        place = {"line": str(line)} if line else {"show": "hits"}
        query = urlencode({name: value for name, value in {**asked, **place}.items() if value})
        return f"/runs/{found.run.id}?{query}#" + (f"L{line}" if line else "log")

    def as_rows(self) -> Iterator[tuple[Any, ...]]:
        """All hits, for a file."""
        for run, row in self._services.log_search.whole(*self._filters, self.cursor) if self.asks else ():
            if row is None:
                self.left_off = (
                    f"Looked for {WHOLE_S:g} s, back to {iso(run.created_at)}: there may be more in run {run.id}, "
                    "and in those before it. Narrow down to have the rest."
                )
                return
            line = row.line
            where = (run.id, run.pipeline, row.number, iso(line.time))
            yield (*where, line.level, line.stream, line.task, line.text.encode(errors="replace").decode())

    @property
    def file_seconds(self) -> int:
        """For how long hits of a file are looked for."""
        return int(WHOLE_S)

    @property
    def _filters(self) -> tuple[RunFilter, LogFilter]:
        runs = RunFilter(
            pipeline=self.pipeline or None,
            created_after=self._moment(self.since),
            created_before=self._moment(self.until),
        )
        by = "regex" if self.is_expression else "text"
        text = {by: self.text} if self.text else {}
        lines = LogFilter(level=self.level or None, task=self.task or None, **text)
        return runs, lines

    def _facets(self, name: str, counts: Counter[str]) -> list[Facet]:
        ordered = counts.most_common(_FACETS)
        most = ordered[0][1] if ordered else 1
        return [Facet(value, count, 100 * count / most, self.address(**{name: value})) for value, count in ordered]

    def _moment(self, text: str) -> float | None:
        """Seconds since the epoch, by a span or a moment (UTC where it has no zone); None for anything else."""
        if text in SPANS:
            return self._now - SPANS[text][0]
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
