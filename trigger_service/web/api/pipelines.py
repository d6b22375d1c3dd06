"""Pipelines: what there is to trigger."""

from __future__ import annotations

from flask import Response

from trigger_service.domain import errors
from trigger_service.web import responses
from trigger_service.web.openapi import raises
from trigger_service.web.part import Part
from trigger_service.web.rendering import broken_json, pipeline_json
from trigger_service.web.replies import read_reply
from trigger_service.web.schemas import PipelinePath, PipelineQuery, PipelinesQuery
from trigger_service.web.services import Services
from trigger_service.web.validation import checked


def blueprint(services: Services) -> Part:
    """The routes."""
    api = Part("pipelines", __name__)

    def index(query: PipelinesQuery) -> Response:
        """List pipelines, roots first, and the modules that cannot be imported."""
        found = services.places.catalogue(query.environment, query.location)
        pipelines = [pipeline_json(pipeline) for pipeline in found.pipelines]
        return read_reply({"items": pipelines, "broken": [broken_json(module) for module in found.broken]})

    def show(path: PipelinePath, query: PipelineQuery) -> Response:
        """Show a pipeline with its parameters; 409 where several modules or locations have one of this name."""
        catalogue = services.places.catalogue(query.environment, query.location)
        return read_reply(pipeline_json(catalogue.find(path.family, query.module)))

    told = raises(errors.UnknownPlace, errors.ZygoteUnavailable)
    api.get("/pipelines", responses={200: responses.PIPELINES}, openapi_extensions=told)(checked(index))
    told = raises(
        errors.PipelineNotFound,
        errors.UnknownPlace,
        errors.AmbiguousPipeline,
        errors.PipelineUnknown,
        errors.ZygoteUnavailable,
    )
    api.get("/pipelines/<family>", responses={200: responses.PIPELINE}, openapi_extensions=told)(checked(show))
    return api
