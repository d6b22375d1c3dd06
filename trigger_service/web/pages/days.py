"""Which days (months, hours) of a pipeline are complete, on its page: asked of the targets while one looks on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from flask import request

from trigger_service.domain.place import DEFAULT
from trigger_service.domain.run import FINAL, Run, RunRequest
from trigger_service.launchers.base import Pipeline
from trigger_service.service.calendars import Wanted
from trigger_service.service.inquiries import Inquiry
from trigger_service.web.askers import client
from trigger_service.web.pages.calendar_picture import Item, Picture, Square, legend, picture
from trigger_service.web.pages.kinds import Parameter
from trigger_service.web.pages.pipeline_rows import PATH
from trigger_service.web.pages.request_form import written_value
from trigger_service.web.pages.spans import Span, has_spans, present, span
from trigger_service.web.services import Services

#: Runs whose state is shown where a value is missing.
_RUNS = 500


@dataclass(frozen=True)
class Given:
    """Another parameter that a task needs, and what it is."""

    parameter: Parameter
    text: str


class Days:
    """The calendar of one pipeline; nothing is asked of the targets unless somebody wants it."""

    def __init__(self, services: Services, pipeline: Pipeline, newest: Callable[[], Run | None], now: float) -> None:
        """`newest` gives the newest run, whose parameters are those that a task needs."""
        self._services = services
        self._pipeline = pipeline
        self._newest = newest
        self._now = now

    @cached_property
    def parameter(self) -> Parameter | None:
        """The first over which a calendar can be laid; None for none."""
        found = (each for each in self._pipeline.parameters if each["visibility"] == "public" and each.get("range"))
        return next((Parameter(each) for each in found if has_spans(each["range"]["unit"])), None)

    @cached_property
    def span(self) -> Span:
        """What is asked for: the one of the address, else that of the newest run, else the present one."""
        unit, name = self._named.described["range"]["unit"], self._named.name
        newest = self._newest()
        for text in (request.values.get("at", ""), newest.texts.get(name, "") if newest else ""):
            with suppress(ValueError):
                return span(unit, text)
        return present(unit, self._now)

    @property
    def neighbours(self) -> list[Span]:
        """The spans before and after it, and itself between them."""
        return [each for each in (self.span.before(), self.span, self.span.after(self._now)) if each is not None]

    @cached_property
    def needed(self) -> list[Given]:
        """The other parameters that have no default."""
        newest = self._newest()
        parameters = [Parameter(each) for each in self._pipeline.parameters if each["required"]]
        return [Given(each, self._text(each, newest)) for each in parameters if each.name != self._named.name]

    @property
    def has_private(self) -> bool:
        """Whether one of these is private: no calendar can be made then."""
        return any(each.parameter.kind == "private" for each in self.needed)

    def begin(self) -> Inquiry:
        """Ask the targets."""
        return self._services.inquiries.begin(self._request, self._wanted, client())

    @cached_property
    def inquiry(self) -> Inquiry | None:
        """The one that is named, else the newest of the same; None for none."""
        inquiries = self._services.inquiries
        named = inquiries.of(request.args.get("calendar", ""))
        if named is not None and named.request.pipeline == self._pipeline.family:
            return named
        return inquiries.newest(lambda each: (each.request, each.wanted) == (self._request, self._wanted))

    @cached_property
    def items(self) -> list[Item]:
        """Each value, and what a run of it does, or did, where it is missing."""
        found = self.inquiry.calendar if self.inquiry else None
        if found is None:
            return []
        place = (self._pipeline.family, self._pipeline.location)
        runs = self._services.insights.states_by_value(*place, found.parameter, _RUNS)
        return [self._item(each.value, each.status, each.reason, runs) for each in found.items]

    @cached_property
    def picture(self) -> Picture | None:
        """The calendar; None where there is none, or its values make none."""
        values = [each.value for each in self.items]
        return picture(values, self.items.__getitem__, request.args.get("part", ""))

    @property
    def legend(self) -> list[tuple[Square, str, int]]:
        """What its squares mean, and how many there are of each."""
        states = ("complete", "missing", "failed", "started", "unknown")
        return legend({state: sum(each.state == state for each in self.items) for state in states})

    @property
    def lacking(self) -> int:
        """How many values are not complete, and no run builds them."""
        return sum(each.state in ("missing", "failed", "unknown") for each in self.items)

    @property
    def backfill(self) -> dict[str, str]:
        """The fields of a backfill of the same values."""
        wanted = self.span.range(self._now)
        fields = {"parameter": self._named.name, "range.start": wanted.start, "range.stop": wanted.stop}
        given = {f"parameters.{each.parameter.name}": each.text for each in self.needed}
        return {name: text for name, text in {**fields, **given}.items() if text}

    def address(self, at: Span) -> str:
        """The page with another span, at the calendar."""
        asked = {"location": self._pipeline.location, "module": request.args.get("module", ""), "at": at.at}
        told = {name: text for name, text in asked.items() if text and (name, text) != ("location", DEFAULT)}
        return f"{PATH}/{quote(self._pipeline.family, safe='')}?{urlencode(told)}#complete"

    @property
    def _named(self) -> Parameter:
        assert self.parameter is not None, "the template asks for a calendar only where there is one"
        return self.parameter

    @property
    def _wanted(self) -> Wanted:
        return Wanted(self._named.name, self.span.range(self._now))

    @property
    def _request(self) -> RunRequest:
        given = {each.parameter.name: each.text for each in self.needed if each.text}
        return RunRequest(self._pipeline.family, given, location=self._pipeline.location, module=self._pipeline.module)

    def _text(self, parameter: Parameter, newest: Run | None) -> str:
        used = written_value(newest.parameters.get(parameter.name)) if newest else ""
        return request.values.get(f"parameters.{parameter.name}", used)

    def _item(self, value: Any, status: str, reason: str, runs: Mapping[str, tuple[str, str]]) -> Item:
        run_id, state = runs.get(str(value), ("", ""))
        if status == "missing" and state == "failed":
            return Item(value, "failed", "its newest run failed", f"/runs/{run_id}")
        if status == "missing" and state and state not in FINAL:
            return Item(value, "started", state, f"/runs/{run_id}")
        place = {} if self._pipeline.location == DEFAULT else {"_location": self._pipeline.location}
        filled = urlencode({**place, self._named.name: value})
        launch = f"/launch/{quote(self._pipeline.family, safe='')}?{filled}"
        return Item(value, status, reason if status == "unknown" else "", "" if status == "complete" else launch)
