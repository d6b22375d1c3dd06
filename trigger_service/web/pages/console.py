"""All pages of the console, and what they have in common."""

from __future__ import annotations

import os
from typing import Any

from flask import Blueprint, g, redirect, request
from werkzeug.wrappers import Response

from trigger_service.web.guard import CONSOLE, SAFE_METHODS
from trigger_service.web.pages import limits
from trigger_service.web.pages.forms import FormTokens
from trigger_service.web.services import Services, WebConfig


def blueprint(services: Services, config: WebConfig) -> Blueprint:
    """The routes."""
    pages = Blueprint(CONSOLE, __name__)
    # all processes that the supervisor starts, one after another, know the forms of those before
    forms = FormTokens(config.own_secret.encode() or os.urandom(32))

    @pages.before_request
    def check_form() -> None:
        if request.method not in SAFE_METHODS:
            forms.check()

    @pages.context_processor
    def common() -> dict[str, Any]:
        is_known = g.get("credential") is not None
        environments = services.places.environments if is_known else ()
        return {"is_known": is_known, "environments": environments, "form_token": forms.token}

    @pages.get("/")
    def start() -> Response:
        return redirect("/limits")

    limits.add_routes(pages, services)
    return pages
