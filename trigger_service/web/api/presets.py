"""Presets: parameters of a pipeline under a name."""

from __future__ import annotations

from typing import Any

from flask import Response

from trigger_service.domain import errors
from trigger_service.domain.presets import Preset
from trigger_service.web import preset_documents as documents
from trigger_service.web.api.runs import REFUSALS
from trigger_service.web.openapi import raises
from trigger_service.web.part import Part
from trigger_service.web.preset_documents import preset_json
from trigger_service.web.replies import read_reply, reply
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor
from trigger_service.web.validation import checked


def blueprint(services: Services) -> Part:
    """The routes."""
    api = Part("presets", __name__)
    presets = services.automation.presets

    def index(query: documents.PresetsQuery) -> Response:
        """List the presets, by pipeline and name."""
        return read_reply({"items": [preset_json(preset) for preset in presets.listed(query.pipeline)]})

    def show(path: documents.PresetPath) -> Response:
        """Show a preset."""
        return read_reply(preset_json(presets.get(path.pipeline, path.name)))

    def save(path: documents.PresetPath, body: documents.PresetBody) -> Response:
        """Make a preset, or put it in the place of the one of this name: for runs from now on."""
        made = Preset(path.pipeline, path.name, body.parameters, body.description)
        return reply(preset_json(presets.save(made, actor())))

    def remove(path: documents.PresetPath) -> Response:
        """Remove a preset. What names it is refused from now on."""
        presets.remove(path.pipeline, path.name, actor())
        return Response(status=204)

    one: dict[Any, Any] = {200: documents.PresetDocument}
    gone = raises(errors.PresetNotFound)
    api.get("/presets", responses={200: documents.PresetsDocument})(checked(index))
    api.get("/presets/<pipeline>/<name>", responses=one, openapi_extensions=gone)(checked(show))
    api.put("/presets/<pipeline>/<name>", responses=one, openapi_extensions=raises(*REFUSALS))(checked(save))
    api.delete("/presets/<pipeline>/<name>", responses={204: None}, openapi_extensions=gone)(checked(remove))
    return api
