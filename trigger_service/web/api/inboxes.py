"""Inboxes, and the files that sensors know."""

from __future__ import annotations

from typing import Any

from flask import Response

from trigger_service.domain import errors
from trigger_service.web import file_documents as documents
from trigger_service.web.file_documents import file_json, inbox_json
from trigger_service.web.openapi import raises
from trigger_service.web.part import Part
from trigger_service.web.replies import read_reply
from trigger_service.web.sensor_documents import SensorPath
from trigger_service.web.services import Services
from trigger_service.web.validation import checked


def blueprint(services: Services) -> Part:
    """The routes."""
    api = Part("inboxes", __name__)
    routes = InboxRoutes(services)
    api.get("/inboxes", responses={200: documents.InboxesDocument})(checked(routes.index))
    gone = raises(errors.SensorNotFound)
    known: dict[Any, Any] = {200: documents.FilesDocument}
    api.get("/sensors/<name>/files", responses=known, openapi_extensions=gone)(checked(routes.files))
    return api


class InboxRoutes:
    """What each route does. The docstrings are those of the OpenAPI document."""

    def __init__(self, services: Services) -> None:
        self._inboxes = services.automation.inboxes

    def index(self) -> Response:
        """List the inboxes that luigi.cfg names, and what is wrong with each."""
        return read_reply({"items": [inbox_json(state) for state in self._inboxes.listed()]})

    def files(self, path: SensorPath, query: documents.FilesQuery) -> Response:
        """List the files that a sensor knows, by path."""
        found = self._inboxes.files(path.name, query.state, query.after, query.limit)
        return read_reply({"items": [file_json(file) for file in found]})
