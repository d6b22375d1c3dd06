"""Launching: a pipeline is chosen, its form is filled in, its plan is shown, and it is started."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, current_app, g, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from trigger_service.domain.errors import (
    AmbiguousPipeline,
    IdempotencyMismatch,
    InvalidRequest,
    NotFound,
    Problem,
    TriggerError,
    UnknownPlace,
)
from trigger_service.domain.place import DEFAULT
from trigger_service.domain.presets import Preset
from trigger_service.domain.queries import Idempotency
from trigger_service.domain.run import Run, RunRequest, Trigger
from trigger_service.launchers.base import Pipeline
from trigger_service.web.api.runs import parameter_judge
from trigger_service.web.askers import client, gone
from trigger_service.web.pages import drafts, kinds
from trigger_service.web.pages.draft_view import SAVE, TABS, DraftView
from trigger_service.web.pages.forms import FIELD
from trigger_service.web.pages.page import PARTS, page
from trigger_service.web.pages.planned import Planned
from trigger_service.web.pages.scripts import Sender
from trigger_service.web.problems import kind_of_error
from trigger_service.web.schemas import RunBody
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor, asked_by
from trigger_service.web.validation import of_form, parse_json

PATH = "/launch"
#: Seconds that a new question waits for the end of the one that it takes the place of.
END_S = 3.0
_LONGEST_KEY = 64
#: So many private values of the same form are told apart; another one is a run of its own each time it is sent.
_CHANGES = 10


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /launch` and `/launch/FAMILY`; `POST /launch/FAMILY` does what its button says."""
    launch = Launch(services)

    @pages.get(PATH)
    def choose_pipeline() -> Response:
        searched = request.args.get("pipeline", "").strip()
        catalogue = services.places.catalogue()
        names = Counter(each.family for each in catalogue.pipelines)
        choices = [
            (each, _address(each, named=names[each.family] > 1))
            for each in catalogue.pipelines
            if searched.lower() in each.family.lower()
        ]
        return page("launch_choice.html", "pipelines", searched=searched, choices=choices, broken=catalogue.broken)

    pages.get(f"{PATH}/<family>", endpoint="launch form")(launch.show)
    pages.post(f"{PATH}/<family>", endpoint="launch action")(launch.act)
    pages.post(f"{PATH}/<family>/presets", endpoint="save as preset")(launch.save)


class Launch:
    """What each route does."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._judge = parameter_judge(services)

    def show(self, family: str) -> Response:
        """The form, filled in from the address."""
        try:
            view = self._view(family, request.args)
        except AmbiguousPipeline:
            return redirect(f"{PATH}?{urlencode({'pipeline': family})}", 303)
        asked = request.args.get("_as", "")
        view.tab = asked if asked in (*TABS, SAVE) else "form"
        view.preset, view.source_run = request.args.get("_preset", ""), request.args.get("_run", "")
        view.saved = "_saved" in request.args
        with suppress(TriggerError):
            view.started = self._services.insights.run(request.args.get("_started", ""))
        self._check(view)
        return _page(view)

    def act(self, family: str) -> Response:
        """What the button says that the form was sent with."""
        wanted = request.form.get("_do", "plan")
        view = self._view(family, request.form)
        if view.problems:
            return _page(view, 200 if wanted == "plan" else 422)
        if wanted in ("plan", "launch", "follow"):
            made = self._check(view)
            if wanted == "plan":
                return self._planned(view, made)
            return self._started(view, made, wanted)
        if view.written is not None:
            self._check(view)
            if any(not problem.pointer.startswith("/parameters/") for problem in view.problems):
                return _page(view, 422)
        if wanted == "schedule":
            return redirect(f"/schedule/new?{urlencode(drafts.schedule_of(view.parameters, view.body))}", 303)
        return _see(view, **{"as": wanted if wanted in (*TABS, SAVE) else "form"})

    def save(self, family: str) -> Response:
        """Save the parameters under a name."""
        view = self._view(family, request.form)
        view.tab, view.preset_name = SAVE, request.form.get("_name", "").strip()
        made = Preset(family, view.preset_name, drafts.values_of(view.body), request.form.get("_description", ""))
        try:
            self._services.automation.presets.save(made, actor("form"))
        except InvalidRequest as refused:
            view.problems, view.sent = refused.problems, True
            return _page(view, 422)
        view.body = {**view.body, "parameters": {}, "preset": made.name}
        return _see(view, saved="yes")

    def _view(self, family: str, sent: MultiDict[str, str]) -> DraftView:
        """The request that a form or an address says."""
        pipeline = self._pipeline(family, sent, "")
        token = bool(g.credential.digest)
        sender = Sender(request.host_url.rstrip("/"), "", token)
        if "_json" in sent:
            view = DraftView(self._services, pipeline, {}, tab="json", written=sent["_json"], sender=sender)
            view.problems, view.body = _parsed(sent["_json"], family)
        else:
            # what stands in a form as the default is that of the place that it was made for
            made_for = self._pipeline(family, sent, "_made") if "_made_environment" in sent else pipeline
            named = [name for name in sent if name != FIELD]
            body = drafts.body_of(family, kinds.of_pipeline(made_for.parameters), named, sent.getlist)
            body = self._prefilled(body, sent, kinds.of_pipeline(made_for.parameters))
            if body.get("environment", DEFAULT) != sent.get("_environment", DEFAULT):  # that of an earlier run
                pipeline = self._pipeline(family, {"_environment": body["environment"]}, "")
            view = DraftView(self._services, pipeline, body, sender=sender)
        view.has_plan = bool(sent.get("_planned"))
        view.sender = replace(sender, key=view.key)
        return view

    def _pipeline(self, family: str, sent: Mapping[str, str], prefix: str) -> Pipeline:
        """The pipeline in the place that is named, or where there is none of that name, in the usual one."""
        location = sent.get(f"{prefix}_location") or None
        environment = sent.get(f"{prefix}_environment") or DEFAULT
        module = sent.get("_module", "")
        try:
            return self._services.triggers.pipeline(RunRequest(family, {}, location, environment, module=module))
        except UnknownPlace:
            return self._services.triggers.pipeline(RunRequest(family, module=module))

    def _prefilled(
        self, body: drafts.Body, sent: Mapping[str, str], parameters: Sequence[kinds.Parameter]
    ) -> drafts.Body:
        """The body, laid over a preset or over what an earlier run was asked for, where one is named."""
        if sent.get("_run"):
            with suppress(TriggerError):
                run = self._services.insights.run(sent["_run"])
                return drafts.over(parameters, run.parameters, {**_asked(run), **body})
        if sent.get("_preset"):
            try:
                preset = self._services.automation.presets.get(body["pipeline"], sent["_preset"])
            except NotFound:
                return {**body, "preset": sent["_preset"]}
            return drafts.over(parameters, preset.parameters, body)
        return body

    def _check(self, view: DraftView) -> RunRequest | None:
        """The request where it can be accepted; otherwise the view has what is wrong with it."""
        try:
            wanted = of_form(RunBody, view.body, self._judge).request()
            self._services.triggers.judged(wanted)
        except InvalidRequest as refused:
            view.problems = refused.problems
        except TriggerError as error:
            view.refusal = str(error)
        else:
            return wanted
        return None

    def _planned(self, view: DraftView, wanted: RunRequest | None) -> Response:
        """The page with its plan, made in a child; the one before that this page asked for is ended."""
        if wanted is not None:
            who = f"{client()} form {request.form.get('_key', '')[:_LONGEST_KEY]}"
            places = current_app.extensions["long_requests"]
            self._services.turns.end(who, END_S)
            try:
                view.planned = Planned(self._services.plans.make(wanted, who, gone(places)), time.time())
            except TriggerError as error:
                view.no_plan = str(error)
        return _page(view)

    def _started(self, view: DraftView, wanted: RunRequest | None, then: str) -> Response:
        view.sent = True
        if wanted is None:
            return _page(view, 422)
        try:
            run = self._submitted(view, wanted)
        except TriggerError as error:
            view.problems = error.problems if isinstance(error, InvalidRequest) else ()
            view.refusal = "" if view.problems else str(error)
            return _page(view, kind_of_error(type(error)).status)
        return redirect(f"/runs/{run.id}", 303) if then == "follow" else _see(view, started=run.id)

    def _submitted(self, view: DraftView, wanted: RunRequest) -> Run:
        """The run of the form; whoever goes back and changes nothing but a private value gets another one, too."""
        trigger = Trigger("form", asked_by().by)
        for number in range(_CHANGES):
            with suppress(IdempotencyMismatch):
                return self._services.triggers.submit(wanted, trigger, _promise(view, number)).run
        return self._services.triggers.submit(wanted, trigger).run


def _page(view: DraftView, status: int = 200) -> Response:
    keeps_plan = view.has_plan and view.planned is None and PARTS in request.headers
    return page("launch.html", "pipelines", status, view=view, tabs=TABS, keeps_plan=keeps_plan and not view.no_plan)


def _see(view: DraftView, **more: str) -> Response:
    """See other: the same request, as its address says it."""
    return redirect(f"{_path(view.pipeline.family)}?{drafts.address_of(view.parameters, view.body, **more)}", 303)


def _path(family: str) -> str:
    return f"{PATH}/{quote(family, safe='')}"


def _address(pipeline: Pipeline, *, named: bool) -> str:
    """Of its form; `named`: others have its name, too."""
    where = {"_location": pipeline.location, "_module": pipeline.module} if named else {}
    return f"{_path(pipeline.family)}{'?' if where else ''}{urlencode(where)}"


def _parsed(text: str, family: str) -> tuple[list[Problem], drafts.Body]:
    """What is wrong with JSON that somebody wrote, and the body that it is."""
    try:
        body = parse_json(text.encode())
    except BadRequest as error:
        return [Problem("", str(error.description).replace("The body", "It"))], {}
    if not isinstance(body, dict):
        return [Problem("", 'Expected an object: {"pipeline": ..., "parameters": {...}}')], {}
    if body.get("pipeline", family) != family:
        return [Problem("/pipeline", f"This is the form of {family}; open that of {body['pipeline']} for it.")], {}
    return [], {"pipeline": family, **body}


def _asked(run: Run) -> dict[str, Any]:
    """The options of an earlier run that are other than usual."""
    found = {name: getattr(run, name) for name in ("environment", "priority", "timeout_s", "max_attempts")}
    found.update(pools=list(run.pools), labels=dict(run.labels))
    return {name: value for name, value in found.items() if value != drafts.OPTIONS[name]}


def _promise(view: DraftView, number: int) -> Idempotency | None:
    """That the same form with the same values means the same run, however often it is sent.

    `number` tells apart values that differ in what is private alone, which is in the sealed digest and not in the key.
    """
    key = request.form.get("_key", "")[:_LONGEST_KEY]
    if not key.isascii() or not key:
        return None
    public = _digest(drafts.without(view.body, view.private))[:16]
    return Idempotency(g.credential.id, f"form {key} {public} {number}", _digest(view.body))


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
