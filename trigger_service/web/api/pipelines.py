"""Pipelines: what there is to trigger."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from trigger_service.web import responses
from trigger_service.web.rendering import broken_json, pipeline_json
from trigger_service.web.replies import read_reply
from trigger_service.web.schemas import PipelinePath, PipelineQuery
from trigger_service.web.services import Services
from trigger_service.web.validation import checked


def blueprint(services: Services) -> APIBlueprint:
    """The routes."""
    api = APIBlueprint("pipelines", __name__, abp_responses=responses.PROBLEMS)

    def index() -> Response:
        """List pipelines, roots first, and the modules that cannot be imported."""
        catalogue = services.catalogue.catalogue()
        pipelines = [pipeline_json(pipeline) for pipeline in catalogue.pipelines]
        return read_reply({"items": pipelines, "broken": [broken_json(module) for module in catalogue.broken]})

    def show(path: PipelinePath, query: PipelineQuery) -> Response:
        """Show a pipeline with its parameters; 409 where several modules have one of this name and none is named."""
        return read_reply(pipeline_json(services.catalogue.catalogue().find(path.family, query.module)))

    api.get("/pipelines", responses={200: responses.PIPELINES})(checked(index))
    api.get("/pipelines/<family>", responses={200: responses.PIPELINE})(checked(show))
    return api
