"""Sensors: requests that are made whenever something happens."""

from __future__ import annotations

from typing import Any

from flask import Response

from trigger_service.domain import errors
from trigger_service.domain.sensors import Sensor
from trigger_service.domain.signatures import WebhookSource
from trigger_service.web import hook_documents
from trigger_service.web import sensor_documents as documents
from trigger_service.web.api.runs import REFUSALS
from trigger_service.web.hook_documents import rotation_json
from trigger_service.web.openapi import raises
from trigger_service.web.part import Part
from trigger_service.web.replies import read_reply, reply
from trigger_service.web.schedule_documents import PauseBody
from trigger_service.web.sensor_documents import delivery_json, sensor_json, trial_json
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor
from trigger_service.web.validation import checked


def blueprint(services: Services) -> Part:
    """The routes."""
    api = Part("sensors", __name__)
    routes = SensorRoutes(services)
    one: dict[Any, Any] = {200: documents.SensorDocument}
    gone = raises(errors.SensorNotFound)
    refused = raises(errors.SensorNotFound, *REFUSALS)
    api.get("/sensors", responses={200: documents.SensorsDocument})(checked(routes.index))
    api.get("/sensors/<name>", responses=one, openapi_extensions=gone)(checked(routes.show))
    api.put("/sensors/<name>", responses=one, openapi_extensions=raises(*REFUSALS))(checked(routes.save))
    api.patch("/sensors/<name>", responses=one, openapi_extensions=gone)(checked(routes.pause))
    api.delete("/sensors/<name>", responses={204: None}, openapi_extensions=gone)(checked(routes.remove))
    told: dict[Any, Any] = {200: documents.DeliveriesDocument}
    api.get("/sensors/<name>/deliveries", responses=told, openapi_extensions=gone)(checked(routes.deliveries))
    tried: dict[Any, Any] = {200: documents.TrialDocument}
    api.post("/sensors/<name>/trials", responses=tried, openapi_extensions=refused)(checked(routes.try_document))
    rotated: dict[Any, Any] = {200: hook_documents.RotationDocument}
    api.post("/sensors/<name>/secret", responses=rotated, openapi_extensions=gone)(checked(routes.rotate))
    return api


class SensorRoutes:
    """What each route does. The docstrings are those of the OpenAPI document."""

    def __init__(self, services: Services) -> None:
        self._sensors = services.automation.sensors
        self._inboxes = services.automation.inboxes
        self._hooks = services.automation.hooks

    def index(self, query: documents.SensorsQuery) -> Response:
        """List the sensors, by name."""
        return read_reply({"items": [self._told(sensor) for sensor in self._sensors.listed(query.kind)]})

    def show(self, path: documents.SensorPath) -> Response:
        """Show a sensor."""
        return read_reply(self._told(self._sensors.get(path.name)))

    def save(self, path: documents.SensorPath, body: documents.SensorBody) -> Response:
        """Make a sensor, or put it in the place of the one of this name.

        Everything is judged now: the source, the mapping, the filter, and what is fixed of the request. It stays paused
        where it was. A webhook that is new gets a `secret`, which is shown in this answer and in no other.
        """
        sensor = body.sensor(path.name)
        if isinstance(sensor.source, WebhookSource):
            saved, made = self._hooks.save(sensor, body.secret, actor())
            return reply(self._told(saved) | {"secret": made})
        if body.secret is not None:
            raise errors.InvalidRequest([errors.Problem("/secret", "goes with a source of the kind webhook")])
        return reply(self._told(self._sensors.save(sensor, actor())))

    def pause(self, path: documents.SensorPath, body: PauseBody) -> Response:
        """Pause a sensor, or resume it."""
        return reply(self._told(self._sensors.pause(path.name, body.paused, actor())))

    def remove(self, path: documents.SensorPath) -> Response:
        """Remove a sensor and the record of its deliveries; its runs stay."""
        self._sensors.remove(path.name, actor())
        return Response(status=204)

    def deliveries(self, path: documents.SensorPath, query: documents.DeliveriesQuery) -> Response:
        """List what became of the deliveries of a sensor, newest first."""
        found = self._sensors.deliveries(path.name, query.before, query.limit)
        return read_reply({"items": [delivery_json(delivery) for delivery in found]})

    def try_document(self, path: documents.SensorPath, body: documents.TryBody) -> Response:
        """Show what a delivery would lead to: whether it passes the filter, and the parameters. Nothing is started."""
        return reply(trial_json(*self._sensors.tried(path.name, body.document)))

    def rotate(self, path: documents.SensorPath, body: hook_documents.RotationBody) -> Response:
        """Put a new secret in the place of a webhook's; the old one stays good for a while beside it."""
        secrets, made = self._hooks.rotate(path.name, body.secret, body.keep_old_for_s, actor())
        return reply(rotation_json(secrets, made))

    def _told(self, sensor: Sensor) -> dict[str, Any]:
        return sensor_json(sensor, self._inboxes.trouble_of(sensor))
