"""The catalogue of targets: who wrote them, from what, and what was made of them."""

from __future__ import annotations

from flask import Response

from trigger_service.domain import errors
from trigger_service.web import target_documents as documents
from trigger_service.web.api.runs import next_link
from trigger_service.web.openapi import raises
from trigger_service.web.part import Part
from trigger_service.web.replies import read_reply
from trigger_service.web.services import Services
from trigger_service.web.target_documents import history_json, lineage_json, page_json
from trigger_service.web.validation import checked


def blueprint(services: Services) -> Part:
    """The routes."""
    api = Part("targets", __name__)
    routes = TargetRoutes(services)
    told = raises(errors.InvalidCursor)
    api.get("/targets", responses={200: documents.CatalogueDocument}, openapi_extensions=told)(checked(routes.index))
    told = raises(errors.TargetNotFound)
    api.get("/targets/show", responses={200: documents.TargetHistoryDocument}, openapi_extensions=told)(
        checked(routes.show)
    )
    api.get("/targets/lineage", responses={200: documents.LineageDocument}, openapi_extensions=told)(
        checked(routes.lineage)
    )
    return api


class TargetRoutes:
    """What each route does. The docstrings are those of the OpenAPI document."""

    def __init__(self, services: Services) -> None:
        self._catalogue = services.targets

    def index(self, query: documents.CatalogueQuery) -> Response:
        """List the targets that runs have written, each by its newest write, the one told last first."""
        page = self._catalogue.page(query.q, query.pipeline, query.run, query.cursor, query.limit)
        headers = {"Link": next_link(page.next_cursor)} if page.next_cursor else None
        return read_reply(page_json(page), headers)

    def show(self, query: documents.HistoryQuery) -> Response:
        """Show which run wrote a target, from what, and what was written there before."""
        return read_reply(history_json(self._catalogue.history(query.url, query.limit)))

    def lineage(self, query: documents.LineageQuery) -> Response:
        """Show what a target was made from and what was made of it, as far as it is on record.

        Of what was made, only what is still current is followed; `superseded` is what was read and has been written
        anew since.
        """
        return read_reply(lineage_json(self._catalogue.lineage(query.url, query.direction, query.depth, query.limit)))
