"""Pipelines as a list shows them: how their last runs went, when they start next, and which of them are asked for.

Pure, but for the address of the request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import median
from typing import Literal
from urllib.parse import quote, urlencode

from trigger_service.domain.place import DEFAULT
from trigger_service.domain.queries import RunGlance
from trigger_service.domain.run import FINAL
from trigger_service.domain.scheduled import Schedule
from trigger_service.domain.sensors import Sensor
from trigger_service.launchers.base import Pipeline

PATH = "/pipelines"
Show = Literal["all", "roots", "failing", "paused"]
SHOWS: tuple[Show, ...] = ("all", "roots", "failing", "paused")
#: Chips for tags, owners and locations; the others are found by the text.
MOST_CHIPS = 8


@dataclass(frozen=True)
class Row:
    """A pipeline, its last runs (the oldest first) and what starts it."""

    pipeline: Pipeline
    runs: Sequence[RunGlance]
    #: When it fires next, in seconds since the epoch, and the schedule; None for none.
    next_fire: tuple[float, str] | None = None
    #: Names of schedules and sensors of it that are paused.
    paused: Sequence[str] = ()
    #: Whether another pipeline has its name, so that its address says which it is.
    shares_name: bool = False

    @property
    def href(self) -> str:
        """Its page."""
        return address(self.pipeline, named=self.shares_name)

    @property
    def launch(self) -> str:
        """The form that launches it."""
        asked = {} if self.pipeline.location == DEFAULT else {"_location": self.pipeline.location}
        return f"/launch/{quote(self.pipeline.family)}" + (f"?{urlencode(asked)}" if asked else "")

    @property
    def summary(self) -> str:
        """The first line of its documentation."""
        return self.pipeline.doc.strip().partition("\n")[0]

    @property
    def states(self) -> list[str]:
        """Of its last runs."""
        return [run.state for run in self.runs]

    @cached_property
    def last(self) -> RunGlance | None:
        """The newest run."""
        return self.runs[-1] if self.runs else None

    @cached_property
    def ended(self) -> list[RunGlance]:
        """Those of the last runs that say whether it works: that succeeded or failed."""
        return [run for run in self.runs if run.state in ("succeeded", "failed")]

    @cached_property
    def is_failing(self) -> bool:
        """Whether the newest of these failed."""
        return bool(self.ended) and self.ended[-1].state == "failed"

    @cached_property
    def share(self) -> int | None:
        """Percent of these that succeeded."""
        if not self.ended:
            return None
        return 100 * sum(run.state == "succeeded" for run in self.ended) // len(self.ended)

    @cached_property
    def median_s(self) -> float | None:
        """Seconds that those of the last runs took in the middle that succeeded."""
        took = [run.took_s for run in self.runs if run.state == "succeeded" and run.took_s is not None]
        return median(took) if took else None

    @property
    def percent(self) -> int | None:
        """How much of the newest run is done, while it runs."""
        run = self.last
        return 100 * run.done // run.total if run and run.state not in FINAL and run.total else None

    def mentions(self, words: str) -> bool:
        """Whether a text stands in what is told of it."""
        each = self.pipeline
        told = (each.family, each.module, each.owner, each.location, *each.tags, self.summary)
        return words.lower() in "\n".join(told).lower()


@dataclass(frozen=True)
class Asked:
    """Which pipelines are asked for."""

    show: Show = "all"
    words: str = ""
    #: What has to be so: `owner`, `tag`, `location`, by name.
    facets: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Asked:
        """What a query says."""
        facets = {name: query[name] for name in ("owner", "tag", "location") if query.get(name)}
        show = next((show for show in SHOWS if show == query.get("show")), SHOWS[0])
        return cls(show, query.get("q", "").strip(), facets)

    @property
    def query(self) -> str:
        """The same again."""
        return urlencode({"show": self.show, "q": self.words, **self.facets})

    def shows(self, row: Row) -> bool:
        """Whether a row is asked for."""
        return is_in(self.show, row) and row.mentions(self.words) and self.facets.items() <= set(_facets(row.pipeline))

    def showing(self, show: Show) -> str:
        """The address of the same with another kind."""
        return f"{PATH}?{replace(self, show=show).query}"

    def turning(self, name: str, value: str) -> str:
        """The address of the same with one facet, or without it where it is there."""
        kept = {key: each for key, each in self.facets.items() if key != name}
        facets = kept if self.facets.get(name) == value else {**kept, name: value}
        return f"{PATH}?{replace(self, show='all', facets=facets).query}"


@dataclass(frozen=True)
class Chip:
    """A filter that can be turned on and off."""

    word: str
    count: int
    href: str
    is_on: bool


def is_in(show: Show, row: Row) -> bool:
    """Whether a row is of a kind."""
    if show == "roots":
        return row.pipeline.root
    return show == "all" or (row.is_failing if show == "failing" else bool(row.paused))


def kind_chips(rows: Sequence[Row], asked: Asked) -> list[Chip]:
    """Those of kinds, with how many there are of each; without those of which there is none."""
    counts = {show: sum(is_in(show, row) for row in rows) for show in SHOWS}
    words = {"paused": "paused triggers"}
    return [
        Chip(words.get(show, show), counts[show], asked.showing(show), show == asked.show)
        for show in SHOWS
        if counts[show] or show in ("all", asked.show)
    ]


def facet_chips(rows: Sequence[Row], asked: Asked) -> list[Chip]:
    """Those of tags, owners and locations that tell pipelines apart, the most frequent first."""
    counts = Counter(each for row in rows for each in _facets(row.pipeline))
    chosen = asked.facets.items()
    telling = [each for each, count in counts.most_common() if count < len(rows) or each in chosen]
    telling.sort(key=lambda each: each not in chosen)
    return [
        Chip(value, counts[name, value], asked.turning(name, value), (name, value) in chosen)
        for name, value in telling[:MOST_CHIPS]
    ]


def starters(
    schedules: Iterable[Schedule], sensors: Iterable[Sensor]
) -> tuple[dict[str, tuple[float, str]], dict[str, list[str]]]:
    """By pipeline: its next fire and the schedule of it; and the names of what is paused."""
    fires: dict[str, tuple[float, str]] = {}
    paused: dict[str, list[str]] = {}
    for sensor in sensors:
        if sensor.paused:
            paused.setdefault(sensor.request.pipeline, []).append(sensor.name)
    for schedule in schedules:
        pipeline = schedule.request.pipeline
        if schedule.paused:
            paused.setdefault(pipeline, []).append(schedule.name)
        elif schedule.next_fire is not None:
            fire = (float(schedule.next_fire), schedule.name)
            fires[pipeline] = min(fires.get(pipeline, fire), fire)
    return fires, paused


def address(pipeline: Pipeline, *, named: bool = False) -> str:
    """The page of a pipeline; `named`: another has its name, so that the address says where it is."""
    asked = {"location": pipeline.location} if named or pipeline.location != DEFAULT else {}
    if named:
        asked["module"] = pipeline.module
    return f"{PATH}/{quote(pipeline.family, safe='')}" + (f"?{urlencode(asked)}" if asked else "")


def _facets(pipeline: Pipeline) -> Iterable[tuple[str, str]]:
    yield from (("tag", tag) for tag in pipeline.tags)
    if pipeline.owner:
        yield "owner", pipeline.owner
    yield "location", pipeline.location
