"""The pages of backfills: all of them, one with its calendar, and the form that makes one, with the calendar first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from trigger_service.domain.errors import BackfillOver, Busy, InvalidRequest, Problem
from trigger_service.service.backfills import Pace
from trigger_service.web.askers import asker, client
from trigger_service.web.backfill_documents import ChangeBody, backfill_json
from trigger_service.web.pages import request_form
from trigger_service.web.pages.backfill_form import body_of
from trigger_service.web.pages.backfill_sheet import BackfillSheet, Board, DraftSheet, Progress
from trigger_service.web.pages.exports import as_file
from trigger_service.web.pages.filled import Form
from trigger_service.web.pages.forms import FIELD, number, written
from trigger_service.web.pages.page import page
from trigger_service.web.pages.request_form import pipeline_of, prefilled
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor
from trigger_service.web.validation import of_form

HERE, PATH = "backfills", "/backfills"
COLUMNS = (
    "id",
    "pipeline",
    "parameter",
    "state",
    "total",
    "counts",
    "order",
    "parallel",
    "expected_end",
    "actor",
    "created_at",
)
PART_COLUMNS = ("position", "value", "state", "reason", "run_id", "tries")


class Routes:
    """What each address does."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._backfills = services.automation.backfills

    def index(self) -> AnyResponse:
        """All backfills."""
        board = Board(self._services)
        if kind := request.args.get("as"):
            return as_file(kind, "backfills", COLUMNS, map(_cells, board.everything()))
        return page("backfills.html", HERE, board=board)

    def new(self) -> AnyResponse:
        """The form of one that is to be made, or first which pipeline it is for."""
        asked = Form(prefilled(request.args, None))
        if not asked.text("pipeline"):
            named: dict[str, Any] = {"path": PATH, "form": f"{PATH}/new", "crumb": "Backfills", "title": "New backfill"}
            return page("choose_pipeline.html", HERE, choices=request_form.choices(self._services), **named)
        sheet = DraftSheet(self._services, Form(prefilled(request.args, pipeline_of(self._services, asked))))
        if sheet.inquiry is not None and sheet.inquiry.problems:
            sheet.form = sheet.form.refused(sheet.inquiry.problems)
        return page("backfill_new.html", HERE, sheet=sheet)

    def look(self) -> AnyResponse:
        """Begins to ask for the calendar, and shows the form again, which follows it."""
        form = Form(request.form.to_dict())
        try:
            body = body_of(form)
            begun = self._services.inquiries.begin(body.request(), body.wanted(), client())
        except InvalidRequest as refused:
            return self._refused(form, refused)
        filled = {name: text for name, text in form.sent.items() if text and name != FIELD}
        return redirect(f"{PATH}/new?{urlencode({**filled, 'calendar': begun.id})}#calendar", 303)

    def make(self) -> AnyResponse:
        """Makes one: the targets are asked again, so that it begins with what is missing now."""
        form = Form(request.form.to_dict())
        places = current_app.extensions["long_requests"]
        try:
            body = body_of(form)
            pace = Pace(body.order, body.parallel)
            made = self._backfills.make(body.request(), body.wanted(), pace, actor=actor("form"), asker=asker(places))
        except InvalidRequest as refused:
            return self._refused(form, refused)
        except Busy as error:
            return self._refused(form, InvalidRequest([Problem("", str(error))]), 429)
        return _show(made.overview.backfill.id)

    def show(self, backfill_id: str) -> AnyResponse:
        """One of them."""
        sheet = BackfillSheet(self._services, backfill_id)
        if kind := request.args.get("as"):
            rows = ([getattr(part, name) for name in PART_COLUMNS] for part in sheet.everything)
            return as_file(kind, f"parts-{sheet.progress.backfill.id}", PART_COLUMNS, rows)
        return page("backfill.html", HERE, sheet=sheet)

    def change(self, backfill_id: str) -> AnyResponse:
        """Pauses, resumes, or lets more or fewer of its runs be live."""
        sent = written()
        try:
            told: dict[str, Any] = {"paused": sent["paused"] == "yes"} if "paused" in sent else {}
            told |= {"parallel": number(sent["parallel"])} if "parallel" in sent else {}
            body = of_form(ChangeBody, told)
        except InvalidRequest as refused:
            sheet = BackfillSheet(self._services, backfill_id)
            sheet.refused = " ".join(problem.detail for problem in refused.problems)
            return page("backfill.html", HERE, 422, sheet=sheet)
        return self._acted(
            backfill_id, lambda: self._backfills.change(backfill_id, body.paused, body.parallel, actor("form"))
        )

    def cancel(self, backfill_id: str) -> AnyResponse:
        """Cancels one as a whole."""
        return self._acted(backfill_id, lambda: self._backfills.cancel(backfill_id, actor("form")))

    def retry(self, backfill_id: str) -> AnyResponse:
        """Begins again with what did not succeed."""
        return self._acted(backfill_id, lambda: self._backfills.retry(backfill_id, actor("form")))

    def _acted(self, backfill_id: str, act: Callable[[], object]) -> AnyResponse:
        """What was done; where it came too late, the page says why."""
        try:
            act()
        except BackfillOver as error:
            sheet = BackfillSheet(self._services, backfill_id)
            sheet.refused = str(error)
            return page("backfill.html", HERE, 409, sheet=sheet)
        return _show(backfill_id)

    def _refused(self, form: Form, refused: InvalidRequest, status: int = 422) -> AnyResponse:
        return page("backfill_new.html", HERE, status, sheet=DraftSheet(self._services, form.refused(refused.problems)))


def add_routes(pages: Blueprint, services: Services) -> None:
    """`/backfills` and what is below it."""
    routes = Routes(services)
    for method, below, view in (
        ("GET", "", routes.index),
        ("GET", "/new", routes.new),
        ("POST", "/new", routes.make),
        ("POST", "/look", routes.look),
        ("GET", "/<backfill_id>", routes.show),
        ("POST", "/<backfill_id>/change", routes.change),
        ("POST", "/<backfill_id>/cancel", routes.cancel),
        ("POST", "/<backfill_id>/retry", routes.retry),
    ):
        pages.add_url_rule(PATH + below, f"backfills_{view.__name__}", view, methods=[method])


def _show(backfill_id: str) -> AnyResponse:
    return redirect(f"{PATH}/{backfill_id}?done=yes", 303)


def _cells(progress: Progress) -> list[Any]:
    told = backfill_json(progress.overview)
    return [told[name] for name in COLUMNS]
