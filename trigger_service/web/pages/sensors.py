"""The pages of sensors, by their kind: lists, one with its deliveries, and the forms that make and change them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from trigger_service.domain.errors import InvalidRequest, Problem, SensorNotFound, TriggerError
from trigger_service.domain.sensors import Sensor
from trigger_service.domain.signatures import WebhookSource
from trigger_service.web.hook_documents import RotationBody
from trigger_service.web.pages import request_form
from trigger_service.web.pages.exports import after_each, as_file
from trigger_service.web.pages.filled import Form, decimal, json_value
from trigger_service.web.pages.forms import written
from trigger_service.web.pages.page import page
from trigger_service.web.pages.request_form import pipeline_of, prefilled
from trigger_service.web.pages.sensor_form import form_of, sensor_of
from trigger_service.web.pages.sensor_sheet import Board, Kind, Row, SensorSheet, Trial
from trigger_service.web.replies import iso
from trigger_service.web.sensor_documents import delivery_json
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor
from trigger_service.web.validation import of_form

KINDS = (
    Kind(
        "webhook", "/webhooks", "hook", "Webhooks", "webhook",
        "Something elsewhere sends a signed POST, and a run starts with what its payload says.",
        "A webhook lets a repository or another service start a pipeline. Its secret is made here, and shown once.",
    ),
    Kind(
        "file", "/files", "file", "File watches", "file watch",
        "A file arrives in a folder or in S3, and a run starts as soon as it is whole.",
        "A file watch looks into an inbox of luigi.cfg, and takes parameters from the names of files.",
    ),
    Kind(
        "pipeline", "/upstreams", "schedules", "After other pipelines", "upstream trigger",
        "One pipeline has succeeded, or several for the same value, and another starts.",
        "Where two pipelines are run apart, the success of one can start the other.",
    ),
)  # fmt: skip
#: Stands for the address of the form, which is not below the path.
_FORM = "form"
COLUMNS = ("name", "pipeline", "parameters", "mapping", "waits_for", "paused", "last", "last_at", "trouble")
DELIVERY_COLUMNS = ("id", "key", "state", "reason", "run_id", "recorded_at")


class Routes:
    """What each address of a kind does."""

    def __init__(self, services: Services, kind: Kind) -> None:
        self._services = services
        self._kind = kind
        self._sensors = services.automation.sensors

    def index(self) -> AnyResponse:
        """All of them."""
        board = Board(self._services, self._kind)
        if as_what := request.args.get("as"):
            return as_file(as_what, self._kind.path[1:], COLUMNS, map(_cells, board.rows))
        return page("sensors.html", self._kind.here, board=board)

    def new(self) -> AnyResponse:
        """The form of one that is to be made, or first which pipeline it is to start."""
        asked = Form(prefilled(request.args, None))
        if not asked.text("pipeline"):
            named: dict[str, Any] = {"path": self._kind.path, "form": self._kind.form, "crumb": self._kind.title}
            chosen = request_form.choices(self._services)
            title = f"New {self._kind.noun}"
            return page("choose_pipeline.html", self._kind.here, choices=chosen, title=title, **named)
        return self._shown(None, Form(prefilled(request.args, pipeline_of(self._services, asked))))

    def make(self) -> AnyResponse:
        """Makes one; a webhook's secret is shown in this answer, and in no other."""
        form = Form(request.form.to_dict())
        name = form.text("name").strip()
        try:
            sensor, given = sensor_of(form, self._kind.kind, name, None)
            self._refuse_taken(name)
            return self._saved(sensor, given)
        except InvalidRequest as refused:
            return self._shown(None, form.refused(refused.problems), 422)

    def show(self, name: str) -> AnyResponse:
        """One of them."""
        found = self._get(name)
        if as_what := request.args.get("as"):
            deliveries = partial(self._sensors.deliveries, name)
            rows = after_each(deliveries, lambda delivery: delivery.id)
            cells = (list(delivery_json(each).values()) for each in rows)
            return as_file(as_what, f"deliveries-{name}", DELIVERY_COLUMNS, cells)
        return self._shown(found, form_of(found))

    def change(self, name: str) -> AnyResponse:
        """Changes one."""
        old, form = self._get(name), Form(request.form.to_dict())
        try:
            sensor, given = sensor_of(form, self._kind.kind, name, old)
            return self._saved(sensor, given)
        except InvalidRequest as refused:
            return self._shown(old, form.refused(refused.problems), 422)

    def pause(self, name: str) -> AnyResponse:
        """Pauses or resumes one."""
        self._sensors.pause(self._get(name).name, written().get("paused") == "yes", actor("form"))
        return redirect(self._kind.path, 303) if written().get("back") == "list" else self._done(name)

    def remove(self, name: str) -> AnyResponse:
        """Removes one."""
        self._sensors.remove(self._get(name).name, actor("form"))
        return redirect(f"{self._kind.path}?{urlencode({'removed': name})}", 303)

    def try_document(self, name: str) -> AnyResponse:
        """What a document would lead to; nothing is started."""
        found = self._get(name)
        sheet = SensorSheet(self._services, self._kind, found, form_of(found))
        sheet.trial = self._tried(name, request.form.get("document", ""))
        return page("sensor.html", self._kind.here, sheet=sheet)

    def rotate(self, name: str) -> AnyResponse:
        """A new secret for a webhook, shown in this answer and in no other."""
        found, form = self._get(name), Form(request.form.to_dict())
        try:
            body = of_form(RotationBody, form.body({"secret": str.strip, "keep_old_for_s": decimal}))
            _, made = self._services.automation.hooks.rotate(name, body.secret, body.keep_old_for_s, actor("form"))
        except InvalidRequest as refused:
            return self._shown(found, Form(form_of(found).sent, refused.problems), 422)
        return self._with_secret(name, made)

    def _get(self, name: str) -> Sensor:
        """One of this kind; raises SensorNotFound."""
        found = self._sensors.get(name)
        if found.kind != self._kind.kind:
            raise SensorNotFound(name=name)
        return found

    def _saved(self, sensor: Sensor, given: str | None) -> AnyResponse:
        """Saves one, and shows it. Raises InvalidRequest."""
        if isinstance(sensor.source, WebhookSource):
            saved, made = self._services.automation.hooks.save(sensor, given, actor("form"))
            return self._with_secret(saved.name, made)
        return self._done(self._sensors.save(sensor, actor("form")).name)

    def _with_secret(self, name: str, made: str | None) -> AnyResponse:
        """The page with a secret that was just made: it stands nowhere else, so that no other page could show it."""
        if made is None:
            return self._done(name)
        found = self._get(name)
        sheet = SensorSheet(self._services, self._kind, found, form_of(found))
        sheet.secret = made
        return page("sensor.html", self._kind.here, sheet=sheet)

    def _tried(self, name: str, text: str) -> Trial:
        try:
            return Trial(text, *self._sensors.tried(name, json_value(text)))
        except InvalidRequest as refused:
            return Trial(text, problems=[problem.detail for problem in refused.problems])
        except (TriggerError, ValueError) as error:
            return Trial(text, problems=[str(error)])

    def _shown(self, sensor: Sensor | None, form: Form, status: int = 200) -> AnyResponse:
        sheet = SensorSheet(self._services, self._kind, sensor, form)
        return page("sensor.html", self._kind.here, status, sheet=sheet)

    def _done(self, name: str) -> AnyResponse:
        return redirect(f"{self._kind.path}/{name}?done=yes", 303)

    def _refuse_taken(self, name: str) -> None:
        """Raise InvalidRequest where there is one of this name: saving would put the new one in its place."""
        try:
            taken = self._sensors.get(name)
        except SensorNotFound:
            return
        detail = (
            f"there is a sensor {name!r} already, of the kind {taken.kind}; change that one, or choose another name"
        )
        raise InvalidRequest([Problem("/name", detail)])


def add_routes(pages: Blueprint, services: Services) -> None:
    """`/webhooks`, `/files` and `/upstreams`, and what is below them."""
    for kind in KINDS:
        for method, below, view in _views(Routes(services, kind)):
            path = kind.form if below == _FORM else kind.path + below
            pages.add_url_rule(path, f"{kind.kind}_{view.__name__}", view, methods=[method])


def _views(routes: Routes) -> Sequence[tuple[str, str, Any]]:
    return (
        ("GET", "", routes.index),
        ("GET", _FORM, routes.new),
        ("POST", _FORM, routes.make),
        ("GET", "/<name>", routes.show),
        ("POST", "/<name>", routes.change),
        ("POST", "/<name>/pause", routes.pause),
        ("POST", "/<name>/remove", routes.remove),
        ("POST", "/<name>/try", routes.try_document),
        ("POST", "/<name>/secret", routes.rotate),
    )


def _cells(row: Row) -> list[Any]:
    sensor, last = row.sensor, row.last
    asked = sensor.request
    told = [last.word, iso(last.at)] if last else [None, None]
    mapping = dict(sensor.mapping)
    return [sensor.name, asked.pipeline, dict(asked.parameters), mapping, row.words, sensor.paused, *told, row.trouble]
