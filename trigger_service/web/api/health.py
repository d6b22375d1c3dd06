"""At the root, for machines: is the process alive, can it do its work, where is the visualizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, redirect
from werkzeug.wrappers import Response as AnyResponse

from trigger_service.domain.errors import SchedulerUnavailable
from trigger_service.domain.place import DEFAULT, Place
from trigger_service.web.replies import reply
from trigger_service.web.services import Services, WebConfig


def _checks(reasons: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"ok": not reason, "reason": reason} for name, reason in reasons.items()}


def blueprint(services: Services, config: WebConfig) -> Blueprint:
    """The routes."""
    root = Blueprint("health", __name__)

    @root.get("/healthz")
    def healthz() -> Response:
        return reply({"status": "ok"})

    @root.get("/readyz")
    def readyz() -> Response:
        reasons = services.readiness()
        ready = not any(reasons.values())
        places = {str(place): _checks(found) for place, found in services.places_readiness().items()}
        told = {"checks": _checks(reasons), "places": places} if g.credential else {}
        document = {"ready": ready, **told}
        return reply(document, 200 if ready else 503, None if ready else {"Retry-After": "1"})

    @root.get("/luigid/", defaults={"location": DEFAULT, "environment": DEFAULT})
    @root.get("/luigid/<location>/<environment>/")
    def luigid(location: str, environment: str) -> AnyResponse:
        place = Place(location, environment)
        services.places.at(place)
        url = config.luigid_url(place)
        if url is None:
            raise SchedulerUnavailable(url="an unknown address", reason="it has not started yet")
        # its own port and origin: its old inline scripts must not run on ours
        return redirect(url.rstrip("/") + "/")

    return root
