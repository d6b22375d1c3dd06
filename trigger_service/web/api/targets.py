"""The catalogue of targets: who wrote them, from what, and what was made of them."""

from __future__ import annotations

from functools import partial

from flask import Response, g, request

from trigger_service.domain import errors
from trigger_service.web import target_documents as documents
from trigger_service.web.api.runs import next_link
from trigger_service.web.askers import gone
from trigger_service.web.openapi import raises
from trigger_service.web.part import Part
from trigger_service.web.replies import read_reply, reply
from trigger_service.web.services import Services, WebConfig
from trigger_service.web.slots import LongRequests
from trigger_service.web.target_documents import history_json, lineage_json, page_json
from trigger_service.web.validation import checked
from trigger_service.web.verification_documents import VerificationBody, VerificationDocument, verification_json
from trigger_service.web.verification_stream import events


def blueprint(services: Services, config: WebConfig, places: LongRequests) -> Part:
    """The routes."""
    api = Part("targets", __name__)
    routes = TargetRoutes(services, config, places)
    told = raises(errors.InvalidCursor)
    api.get("/targets", responses={200: documents.CatalogueDocument}, openapi_extensions=told)(checked(routes.index))
    told = raises(errors.TargetNotFound)
    api.get("/targets/show", responses={200: documents.TargetHistoryDocument}, openapi_extensions=told)(
        checked(routes.show)
    )
    api.get("/targets/lineage", responses={200: documents.LineageDocument}, openapi_extensions=told)(
        checked(routes.lineage)
    )
    told = raises(
        errors.TargetNotFound,
        errors.RunNotFound,
        errors.UnknownPlace,
        errors.PrivateValuesLost,
        errors.PlanEnded,
        errors.Busy,
        errors.LaunchFailed,
        errors.ZygoteUnavailable,
    )
    api.post("/targets/verify", responses={200: VerificationDocument}, openapi_extensions=told)(checked(routes.verify))
    return api


class TargetRoutes:
    """What each route does. The docstrings are those of the OpenAPI document."""

    def __init__(self, services: Services, config: WebConfig, places: LongRequests) -> None:
        self._catalogue = services.targets
        self._verifications = services.verifications
        self._heartbeat_s = config.heartbeat_s
        self._places = places

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

    def verify(self, body: VerificationBody) -> Response:
        """Read a target again, or all that a run has written, and compare it with what is on record.

        It is read by the code that wrote it, in its environment, in a process of its own; one verification is made at a
        time (429). With `Accept: text/event-stream` the answer is a stream of `progress`, `verified`, and `end` with
        the whole document, or `problem`. It ends where the client hangs up.
        """
        body.demand_one()
        wanted = self._verifications
        writes = wanted.of_run(body.run_id) if body.run_id is not None else wanted.of_url(body.url or "")
        make, unwanted = partial(wanted.verify, writes, body.timeout_s), gone(self._places)
        if not request.accept_mimetypes["text/event-stream"] or request.accept_mimetypes.accept_json:
            return reply(verification_json(make(lambda _: None, unwanted)))
        response = Response(events(make, unwanted, self._heartbeat_s, g.request_id), mimetype="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        return response
