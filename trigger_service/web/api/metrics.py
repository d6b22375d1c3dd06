"""At the root, for Prometheus: what is measured."""

from __future__ import annotations

from flask import Blueprint, Response

from trigger_service.service.metrics import CONTENT_TYPE
from trigger_service.web.services import Services
from trigger_service.web.slots import LongRequests


def blueprint(services: Services, places: LongRequests) -> Blueprint:
    """The route."""
    root = Blueprint("metrics", __name__)

    @root.get("/metrics")
    def metrics() -> Response:
        return Response(services.metrics.render(places.streams.taken), content_type=CONTENT_TYPE)

    return root
