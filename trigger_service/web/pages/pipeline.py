"""The page of one pipeline: what it is, how its last runs went, what is complete, and what starts it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from statistics import median
from urllib.parse import quote, urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from trigger_service.domain.admission import ALL, OF_PIPELINE
from trigger_service.domain.errors import AmbiguousPipeline, PipelineNotFound
from trigger_service.domain.place import DEFAULT
from trigger_service.domain.presets import Preset
from trigger_service.domain.queries import RunFilter, RunGlance
from trigger_service.domain.run import LIVE, Run
from trigger_service.launchers.base import Catalogue, Pipeline
from trigger_service.web.pages import rungrid, what_starts
from trigger_service.web.pages.days import Days
from trigger_service.web.pages.kinds import Parameter, of_pipeline
from trigger_service.web.pages.page import page
from trigger_service.web.pages.pipeline_rows import PATH, address
from trigger_service.web.pages.run_bars import Bars, bars
from trigger_service.web.pages.rungrid import RunGrid
from trigger_service.web.pages.signing_recipe import recipe
from trigger_service.web.pages.what_starts import Starter
from trigger_service.web.services import Services

HERE = "pipelines"
#: Runs that charts and figures are made of, those that are listed, and backfills that are looked through.
RUNS, LISTED, BACKFILLS = 60, 8, 20


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /pipelines/FAMILY?location=&module=`; where several have the name, the page on which one is chosen."""

    @pages.get(f"{PATH}/<family>")
    def pipeline(family: str) -> Response:
        catalogue = services.places.catalogue(DEFAULT, request.args.get("location") or None)
        try:
            found = catalogue.find(family, request.args.get("module", ""))
        except PipelineNotFound as error:
            return page("pipeline_unknown.html", HERE, 404, family=family, error=error, broken=catalogue.broken)
        except AmbiguousPipeline:
            return page("pipeline_choice.html", HERE, 300, family=family, choices=_named(catalogue, family))
        return page("pipeline.html", HERE, view=PipelineView(services, found, catalogue, time.time()), each=found)

    @pages.post(f"{PATH}/<family>/calendar")
    def ask(family: str) -> Response:
        """Begins to ask which values are complete, and shows the page, which follows that."""
        location, module = request.form.get("location") or None, request.form.get("module", "")
        catalogue = services.places.catalogue(DEFAULT, location)
        days = PipelineView(services, catalogue.find(family, module), catalogue, time.time()).days
        asked = {"location": location or "", "module": module, "at": days.span.at, "calendar": days.begin().id}
        asked |= {f"parameters.{each.parameter.name}": each.text for each in days.needed}
        query = urlencode({name: text for name, text in asked.items() if text})
        return redirect(f"{PATH}/{quote(family, safe='')}?{query}#complete", 303)


def _named(catalogue: Catalogue, family: str) -> list[tuple[Pipeline, str]]:
    """Those that have a name, each with its page."""
    return [(each, address(each, named=True)) for each in catalogue.pipelines if each.family == family]


class PipelineView:
    """What the page shows; what the template does not ask for costs nothing."""

    def __init__(self, services: Services, pipeline: Pipeline, catalogue: Catalogue, now: float) -> None:
        self._services = services
        self._pipeline = pipeline
        self._catalogue = catalogue
        self._now = now
        self._named = sum(each.family == pipeline.family for each in catalogue.pipelines) > 1
        self.days = Days(services, pipeline, self.newest, now)

    @cached_property
    def runs(self) -> list[RunGlance]:
        """The newest, the oldest of them first."""
        key = (self._pipeline.family, self._pipeline.location)
        return self._services.insights.glances([key], RUNS)[key]

    @cached_property
    def listed(self) -> Sequence[Run]:
        """The newest, newest first."""
        wanted = RunFilter(pipeline=self._pipeline.family, location=self._pipeline.location)
        return self._services.insights.runs(wanted, limit=LISTED).runs

    def newest(self) -> Run | None:
        """The newest run."""
        return self.listed[0] if self.listed else None

    @property
    def last_success(self) -> RunGlance | None:
        """The newest of these runs that succeeded."""
        return next((run for run in reversed(self.runs) if run.state == "succeeded"), None)

    @property
    def took(self) -> list[float]:
        """Seconds of those of them that succeeded."""
        return [run.took_s for run in self.runs if run.state == "succeeded" and run.took_s is not None]

    @property
    def median_s(self) -> float | None:
        """Seconds that these took in the middle."""
        return median(self.took) if self.took else None

    @property
    def live(self) -> int:
        """How many of these runs are live."""
        return sum(run.state in LIVE for run in self.runs)

    @cached_property
    def grid(self) -> RunGrid:
        """Tasks by run."""
        shown = rungrid.chosen(self.runs)
        return rungrid.grid(shown, self._services.insights.families(shown), self._now)

    @cached_property
    def bars(self) -> Bars | None:
        """How long they took."""
        return bars(self.runs)

    @cached_property
    def starters(self) -> list[Starter]:
        """What starts it."""
        automation = self._services.automation
        backfills = automation.backfills.listed(None, BACKFILLS)
        return what_starts.starters(
            self._pipeline, automation.timetable.listed(), automation.sensors.listed(), backfills
        )

    @property
    def next_fire(self) -> Starter | None:
        """The schedule that fires next."""
        fires = [each for each in self.starters if each.next_fire is not None and each.state != "paused"]
        return min(fires, key=lambda each: each.next_fire or 0.0, default=None)

    @cached_property
    def followers(self) -> list[Starter]:
        """What its success starts."""
        return what_starts.followers(self._pipeline, self._services.automation.sensors.listed("pipeline"))

    @cached_property
    def hooks(self) -> list[tuple[str, str]]:
        """Its webhooks, each with the lines that send a delivery by hand."""
        found = [
            each
            for each in self._services.automation.sensors.listed("webhook")
            if what_starts.is_of(each.request, self._pipeline)
        ]
        url = request.host_url.rstrip("/")
        return [(each.name, recipe(each.source, each.name, url)) for each in found]  # type: ignore[arg-type]

    @cached_property
    def presets(self) -> list[tuple[Preset, str]]:
        """Parameters under a name, each with the form that launches it with them."""
        presets = self._services.automation.presets.listed(self._pipeline.family)
        return [(each, self.launch_with({"_preset": each.name})) for each in presets]

    @property
    def slots(self) -> int:
        """How many runs of it may be live at once; 0 for no limit."""
        return self._services.pools.limits.slots(f"{OF_PIPELINE}{self._pipeline.family}")

    @property
    def all_slots(self) -> int:
        """And of all pipelines together."""
        return self._services.pools.limits.slots(ALL)

    @property
    def pools(self) -> list[tuple[str, int]]:
        """The named pools in which each run of it has a slot, and their slots."""
        limits = self._services.pools.limits
        return [(name, limits.slots(name)) for name in limits.memberships.get(self._pipeline.family, ())]

    @property
    def parameters(self) -> list[Parameter]:
        """All of them."""
        return of_pipeline(self._pipeline.parameters)

    @property
    def summary(self) -> str:
        """The first paragraph of its documentation."""
        return self._pipeline.doc.strip().partition("\n\n")[0]

    @property
    def rest(self) -> str:
        """What follows."""
        return self._pipeline.doc.strip().partition("\n\n")[2].strip("\n")

    @property
    def needed_by(self) -> list[tuple[str, str]]:
        """Families that require it, each with its page, or without one where it is not offered."""
        known = {each.family for each in self._catalogue.pipelines}
        pages = {name: f"{PATH}/{quote(name, safe='')}" for name in self._pipeline.required_by if name in known}
        return [(name, pages.get(name, "")) for name in self._pipeline.required_by]

    @property
    def launch(self) -> str:
        """The form that launches it."""
        return self.launch_with({})

    def launch_with(self, values: dict[str, str]) -> str:
        """The same with something filled in."""
        place = {} if self._pipeline.location == DEFAULT else {"_location": self._pipeline.location}
        query = urlencode({**place, **values})
        return f"/launch/{quote(self._pipeline.family, safe='')}" + (f"?{query}" if query else "")

    @property
    def backfill(self) -> str:
        """The form of a new backfill of it."""
        place = {} if self._pipeline.location == DEFAULT else {"location": self._pipeline.location}
        calendar = self.days.backfill if self.days.parameter else {}
        return f"/backfills/new?{urlencode({'pipeline': self._pipeline.family, **place, **calendar})}"

    @property
    def all_runs(self) -> str:
        """The list of its runs."""
        return f"/runs?{urlencode({'pipeline': self._pipeline.family})}"

    @property
    def curl(self) -> str:
        """The address at which the API describes it."""
        asked = {"location": self._pipeline.location} if self._pipeline.location != DEFAULT else {}
        return f"/api/v1/pipelines/{quote(self._pipeline.family, safe='')}" + (f"?{urlencode(asked)}" if asked else "")
