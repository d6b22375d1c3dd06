"""All pages of the console, and what they have in common."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response, g, request

from trigger_service.domain.access import allows
from trigger_service.domain.place import DEFAULT
from trigger_service.web.guard import CONSOLE, SAFE_METHODS
from trigger_service.web.live import LiveStream
from trigger_service.web.pages import (
    audit,
    backfills,
    compare,
    invalidation,
    launch,
    limits,
    log,
    logs,
    many_runs,
    memo,
    operations,
    overview,
    pipeline,
    pipelines,
    preview,
    rules,
    run,
    run_actions,
    runs,
    schedules,
    search,
    sensors,
    settings,
    targets,
    tokens,
)
from trigger_service.web.pages.forms import FormTokens
from trigger_service.web.pages.frame import Frame
from trigger_service.web.pages.words import install
from trigger_service.web.services import Services, WebConfig

#: One module for each entry of the menu, and for what leads from there.
PAGES = (
    audit,
    backfills,
    compare,
    invalidation,
    launch,
    limits,
    log,
    logs,
    many_runs,
    operations,
    pipeline,
    pipelines,
    preview,
    rules,
    run,
    run_actions,
    runs,
    schedules,
    sensors,
    settings,
    targets,
    tokens,
)


def blueprint(services: Services, config: WebConfig, live: LiveStream) -> Blueprint:
    """The routes."""
    pages = Blueprint(CONSOLE, __name__)
    # all processes that the supervisor starts, one after another, know the forms of those before
    forms = FormTokens(config.own_secret.encode() or os.urandom(32))
    frame = Frame(services, config.home)
    pages.record_once(lambda state: install(state.app.jinja_env))

    @pages.before_request
    def check_form() -> None:
        if request.method not in SAFE_METHODS:
            forms.check()
        # before anything is read, so that nothing that happens meanwhile is missed
        g.moment = live.moment()

    memo.install(pages, live)

    @pages.app_context_processor  # also where an address leads to no page
    def common() -> dict[str, Any]:
        credential = g.get("credential")
        if credential is None:
            return {"is_known": False}
        return {
            "is_known": True,
            "may": lambda scope: allows(credential.scope, scope),
            "form_token": forms.token,
            "frame": frame,
            "environments": [name for name in services.places.environments if name != DEFAULT],
            "moment": g.get("moment", ""),
            "version": version("luigi-trigger"),
        }

    @pages.get("/live")
    def stream() -> Response:
        """The stream of the browser that has these pages open."""
        return live.open(request.headers.get("Last-Event-ID") or request.args.get("after", ""))

    for framed in (overview, search):
        framed.add_routes(pages, services, frame)
    for module in PAGES:
        module.add_routes(pages, services)
    return pages
