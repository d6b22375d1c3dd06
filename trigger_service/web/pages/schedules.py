"""The pages of schedules: all of them, one with its fires, and the form that makes and changes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from trigger_service.domain.errors import InvalidRequest, Problem, ScheduleNotFound
from trigger_service.domain.run import Run
from trigger_service.domain.scheduled import Fire, Schedule
from trigger_service.web.pages import request_form
from trigger_service.web.pages.cron_words import fires_in_words
from trigger_service.web.pages.exports import after_each, as_file
from trigger_service.web.pages.filled import Form
from trigger_service.web.pages.forms import FIELD, written
from trigger_service.web.pages.outcomes import Outcome, outcome
from trigger_service.web.pages.page import page
from trigger_service.web.pages.request_form import pipeline_of, prefilled
from trigger_service.web.pages.schedule_form import body_of, form_of
from trigger_service.web.pages.schedule_sheet import Sheet
from trigger_service.web.schedule_documents import fire_json, schedule_json
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor

HERE = "schedules"
PATH = "/schedules"
#: Where one is made: not below the path, where names stand, which may be any word.
FORM = "/schedule/new"
COLUMNS = (
    "name",
    "pipeline",
    "parameters",
    "fires",
    "expression",
    "timezone",
    "next_fire",
    "paused",
    "last",
    "managed_by",
)
FIRE_COLUMNS = ("fire_time", "at", "state", "reason", "run_id", "recorded_at", "count")
#: Schedules on a page, unless all are asked for.
PAGE = 100
#: What an open page asks for while somebody writes, as the page that launches does.
_DO, _PLAN = "_do", "plan"


@dataclass(frozen=True)
class Row:
    """A schedule in the list."""

    schedule: Schedule
    last: Outcome | None

    @property
    def words(self) -> str:
        """When it fires."""
        return fires_in_words(self.schedule.timing)

    @property
    def texts(self) -> Mapping[str, str]:
        """Its parameters, as they are shown."""
        return request_form.written_values(self.schedule.request.parameters)


class Board:
    """What the page of all schedules shows."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.words = request.args.get("q", "").strip()
        self.state = request.args.get("state", "")
        self.removed = _removed(services)
        #: Whether all are shown: files have all.
        self.whole = bool({"all", "as"} & set(request.args))
        self.query = urlencode({"q": self.words, "state": self.state})

    @cached_property
    def all(self) -> list[Schedule]:
        """Every one, by name."""
        return self._services.automation.timetable.listed()

    @property
    def on(self) -> int:
        """How many fire."""
        return sum(not schedule.paused for schedule in self.all)

    @cached_property
    def rows(self) -> list[Row]:
        """Those that pass the filter and are shown, the one that fires next first."""
        newest = self._services.automation.timetable.newest()
        runs = self._services.insights.some([fire.run_id for fire in newest.values() if fire.run_id])
        return [Row(each, _last(newest.get(each.name), runs)) for each in self.found[: None if self.whole else PAGE]]

    @cached_property
    def found(self) -> list[Schedule]:
        """All that pass the filter."""
        return sorted(filter(self._wanted, self.all), key=lambda each: (each.next_fire or 1 << 60, each.name))

    def _wanted(self, schedule: Schedule) -> bool:
        told = f"{schedule.name} {schedule.request.pipeline}".lower()
        return self.words.lower() in told and self.state in ("", "paused" if schedule.paused else "on")


def _removed(services: Services) -> str:
    """The schedule that was removed just before, as the record of changes has it."""
    name = request.args.get("removed", "")
    rows = services.pools.changes(f"schedule {name}", None, 1) if name else []
    return name if rows and rows[0].change.action == "schedule removed" else ""


def _last(fire: Fire | None, runs: Mapping[str, Run]) -> Outcome | None:
    return None if fire is None else outcome(fire.state, fire.fire_time, fire.reason, fire.run_id, runs)


class Routes:
    """What each address does."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._timetable = services.automation.timetable

    def index(self) -> AnyResponse:
        """All schedules."""
        board = Board(self._services)
        if kind := request.args.get("as"):
            return as_file(kind, "schedules", COLUMNS, map(_cells, board.rows))
        return page("schedules.html", HERE, board=board)

    def pause_all(self) -> AnyResponse:
        """Pauses or resumes all."""
        self._timetable.pause_all(written().get("paused") == "yes", actor("form"))
        return redirect(PATH, 303)

    def new(self) -> AnyResponse:
        """The form of one that is to be made, or first which pipeline it is to start."""
        if FIELD in request.args:
            return _without_token()
        asked = Form(prefilled(request.args, None))
        if not asked.text("pipeline"):
            chosen = request_form.choices(self._services)
            return page(
                "choose_pipeline.html",
                HERE,
                choices=chosen,
                path=PATH,
                form=FORM,
                title="New schedule",
                crumb="Schedules",
            )
        return self._sheet(None, Form(prefilled(request.args, pipeline_of(self._services, asked))))

    def make(self) -> AnyResponse:
        """Makes one; or shows what it would be, while somebody is still writing."""
        form = Form(request.form.to_dict())
        if form.text(_DO) == _PLAN:
            return self._sheet(None, form)
        name = form.text("name").strip()
        try:
            body = body_of(form, None)
            self._refuse_taken(name)
            self._timetable.save(name, body.timing.timing(), body.request(), actor("form"))
        except InvalidRequest as refused:
            return self._sheet(None, form.refused(refused.problems), 422)
        return _show(name)

    def show(self, name: str) -> AnyResponse:
        """One of them; with fields in the query as it would be with these."""
        if FIELD in request.args:
            return _without_token()
        found = self._timetable.get(name)
        if kind := request.args.get("as"):
            fires = after_each(partial(self._timetable.fires, name), lambda fire: fire.fire_time)
            return as_file(kind, f"fires-{name}", FIRE_COLUMNS, (list(fire_json(fire).values()) for fire in fires))
        asked = "timing.expression" in request.args
        return self._sheet(found, Form(request.args.to_dict()) if asked else form_of(found))

    def change(self, name: str) -> AnyResponse:
        """Changes one; or shows what it would be, while somebody is still writing."""
        old, form = self._timetable.get(name), Form(request.form.to_dict())
        if form.text(_DO) == _PLAN:
            return self._sheet(old, form)
        try:
            body = body_of(form, old)
            self._timetable.save(name, body.timing.timing(), body.request(), actor("form"))
        except InvalidRequest as refused:
            return self._sheet(old, form.refused(refused.problems), 422)
        return _show(name)

    def launch(self, name: str) -> AnyResponse:
        """To the form that launches such a run now."""
        asked = self._timetable.asked_now(self._timetable.get(name))
        return redirect(f"/launch/{asked.pipeline}?{urlencode(request_form.launching(asked))}")

    def pause(self, name: str) -> AnyResponse:
        """Pauses or resumes one."""
        self._timetable.pause(name, written().get("paused") == "yes", actor("form"))
        return redirect(PATH, 303) if written().get("back") == "list" else _show(name)

    def remove(self, name: str) -> AnyResponse:
        """Removes one."""
        self._timetable.remove(name, actor("form"))
        return redirect(f"{PATH}?{urlencode({'removed': name})}", 303)

    def _sheet(self, schedule: Schedule | None, form: Form, status: int = 200) -> AnyResponse:
        return page("schedule.html", HERE, status, sheet=Sheet(self._services, schedule, form))

    def _refuse_taken(self, name: str) -> None:
        """Raise InvalidRequest where there is one of this name: saving would put the new one in its place."""
        try:
            self._timetable.get(name)
        except ScheduleNotFound:
            return
        taken = f"there is a schedule {name!r} already; change that one, or choose another name"
        raise InvalidRequest([Problem("/name", taken)])


def add_routes(pages: Blueprint, services: Services) -> None:
    """`/schedules` and what is below it."""
    routes = Routes(services)
    pages.get(PATH)(routes.index)
    pages.post("/schedule/pause")(routes.pause_all)
    pages.get(FORM)(routes.new)
    pages.post(FORM)(routes.make)
    pages.get(f"{PATH}/<name>")(routes.show)
    pages.post(f"{PATH}/<name>")(routes.change)
    pages.get(f"{PATH}/<name>/now")(routes.launch)
    pages.post(f"{PATH}/<name>/pause")(routes.pause)
    pages.post(f"{PATH}/<name>/remove")(routes.remove)


def _without_token() -> AnyResponse:
    """The same address without what proves a form: it is what was tried out, to keep and to pass on."""
    left = {name: text for name, text in request.args.items() if text and name != FIELD}
    return redirect(f"{request.path}?{urlencode(left)}")


def _show(name: str) -> AnyResponse:
    return redirect(f"{PATH}/{name}?done=yes", 303)


def _cells(row: Row) -> list[Any]:
    told = schedule_json(row.schedule)
    last = row.last.word if row.last else None
    return [
        told["name"],
        told["request"]["pipeline"],
        told["request"]["parameters"],
        row.words,
        row.schedule.timing.expression,
        row.schedule.timing.timezone,
        told["next_fire"],
        told["paused"],
        last,
        told["managed_by"],
    ]
