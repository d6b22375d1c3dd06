"""The beginning of a target that a run has written. It is read in a process of its own, by the code that wrote it."""

from __future__ import annotations

import base64

from flask import Blueprint, current_app, g, request
from werkzeug.wrappers import Response

from trigger_service.domain.access import allows
from trigger_service.domain.errors import InvalidRequest, Problem, ScopeMissing, TargetNotFound
from trigger_service.domain.urls import shown_url
from trigger_service.service.verifications import Preview
from trigger_service.web.askers import gone
from trigger_service.web.pages.addresses import target_address
from trigger_service.web.pages.page import page
from trigger_service.web.services import Services

#: A page of a user's is shown in a frame that may do nothing: no scripts, no requests, no forms, nobody's origin.
SANDBOX = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'; sandbox"
)


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /runs/ID/preview?target=N`, N being the write's number in the records, and its picture or page alone."""

    def found(run_id: str) -> Preview:
        # reading takes a process, and shows data: as with a verification, it is not for who may only look
        if not allows(g.credential.scope, "run"):
            raise ScopeMissing(name=g.credential.name, held=g.credential.scope, needed="run")
        number = request.args.get("target", "")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise InvalidRequest([Problem("?target", "Expected the number of a write, as the page of its run has it.")])
        unwanted = gone(current_app.extensions["long_requests"])
        return services.verifications.preview(run_id, int(number), unwanted)

    @pages.get("/runs/<run_id>/preview")
    def preview(run_id: str) -> Response:
        seen = found(run_id)
        write = seen.write
        address = target_address(write.url, write.id)
        run = services.insights.run(run_id)
        return page("preview.html", "runs", run=run, seen=seen, called=shown_url(write.url), address=address)

    @pages.get("/runs/<run_id>/preview/content")
    def content(run_id: str) -> Response:
        seen = found(run_id)
        told = seen.found.preview or {}
        if told.get("kind") == "picture":
            answer = Response(base64.b64decode(told["base64"]), mimetype=told["media"])
        elif told.get("kind") == "page":
            answer = Response(told["text"], mimetype="text/html")
            answer.headers["X-Frame-Options"] = "SAMEORIGIN"
        else:
            raise TargetNotFound(url=f"write {seen.write.id}")
        answer.headers["Content-Security-Policy"] = SANDBOX
        return answer
