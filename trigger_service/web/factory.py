"""Puts the web application together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from threading import Lock
from typing import Any

from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from trigger_service.web import documentation, errors, guard, hooks, request_log
from trigger_service.web.access import Access
from trigger_service.web.api import (
    backfills,
    events,
    health,
    inboxes,
    insights,
    logs,
    metrics,
    notifications,
    operations,
    pipelines,
    plans,
    pools,
    presets,
    runs,
    schedules,
    sensors,
    targets,
)
from trigger_service.web.downloads import Downloads
from trigger_service.web.live import LiveStream
from trigger_service.web.openapi import completed
from trigger_service.web.pages import console
from trigger_service.web.part import Part
from trigger_service.web.responses import ProblemDocument
from trigger_service.web.services import Services, WebConfig
from trigger_service.web.slots import LongRequests
from trigger_service.web.stream import RunStreams
from trigger_service.web.streaming import Streams

PREFIX = "/api/v1"


def create_app(services: Services, config: WebConfig) -> OpenAPI:
    """The WSGI application.

    When the service stops, `app.extensions["long_requests"].closing.set()` ends open streams and waits.
    """
    info = Info(title="Luigi Trigger", version="1")
    # no documentation pages of the library: theirs load scripts that our content policy forbids
    app = OpenAPI("trigger_service.web", info=info, doc_ui=False, static_folder=None)
    app.validation_error_model = ProblemDocument
    access = Access(services.credentials, config)
    request_log.install(app)
    guard.install(app, access, config.allowed_hosts, config.max_body_bytes)
    errors.install(app)
    places = LongRequests(config.max_streams, config.max_waits)
    app.extensions["long_requests"] = places
    opened = Streams(places, access.is_good, heartbeat_s=config.heartbeat_s, grace_s=config.grace_s)
    streams = RunStreams(services.insights, services.broadcast, opened)
    parts = (
        pipelines.blueprint(services),
        plans.blueprint(services, places),
        pools.blueprint(services),
        schedules.blueprint(services),
        sensors.blueprint(services),
        inboxes.blueprint(services),
        presets.blueprint(services),
        notifications.blueprint(services),
        backfills.blueprint(services, places),
        runs.blueprint(services, config, places),
        insights.blueprint(services),
        targets.blueprint(services, config, places),
        operations.blueprint(services, places),
        logs.blueprint(services, streams, Downloads(services.insights, places)),
        events.blueprint(streams),
    )
    for part in parts:
        app.register_api(part, url_prefix=PREFIX)
    at_root = hooks.blueprint(services)
    app.register_api(at_root)
    app.register_blueprint(health.blueprint(services, config))
    app.register_blueprint(metrics.blueprint(services, places))
    app.register_blueprint(console.blueprint(services, config, LiveStream(services.broadcast, opened)))
    app.register_blueprint(documentation.blueprint(_document(app, (*parts, at_root))))
    return app


def _document(app: OpenAPI, parts: Iterable[Part]) -> Callable[[], dict[str, Any]]:
    """Gives the OpenAPI document, which is made for the first who asks while others wait for it."""
    making = Lock()

    @cache
    def made() -> dict[str, Any]:
        for part in parts:
            part.describe(app)
        return completed(app.api_doc)

    def document() -> dict[str, Any]:
        with making:
            return made()

    return document
