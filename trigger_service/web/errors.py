"""Turns every error into RFC 9457 `application/problem+json`, or a page that says the same, in one place."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, NotFound

from trigger_service.domain import errors
from trigger_service.domain.tokens import masked
from trigger_service.web.guard import CONSOLE
from trigger_service.web.pages.refused import refused_page
from trigger_service.web.problems import kind_of_error, kind_of_status
from trigger_service.web.refusals import refusal
from trigger_service.web.replies import encode_json

LOG = logging.getLogger(__name__)
PROBLEM = "application/problem+json"
#: Seconds after which a client should try again what was unavailable.
RETRY_AFTER_S = 1


def problem_document(error: errors.TriggerError) -> dict[str, Any]:
    """The members of a domain error's problem document, all but `request_id`."""
    kind = kind_of_error(type(error))
    document: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": str(error),
        "errors": [problem.to_json() for problem in _problems(error)],
    }
    # where a conflict has a run in it, a client wants to go there without parsing the sentence
    document.update({key: error.ids[key] for key in ("run_id", "state") if key in error.ids})
    if isinstance(error, errors.PipelineBroken):
        document["traceback"] = error.traceback
    return document


def install(app: Flask) -> None:
    """Register the handlers of all errors on `app`."""
    app.register_error_handler(errors.TriggerError, _on_trigger_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_surprise)


def _problems(error: errors.TriggerError) -> list[errors.Problem]:
    if isinstance(error, errors.InvalidRequest):
        return error.problems
    if isinstance(error, errors.InvalidCursor):
        return [errors.Problem("?cursor", str(error))]
    return []


def _reply(
    document: Mapping[str, Any], headers: Mapping[str, str] | None = None, nearest: Sequence[str] = ()
) -> Response:
    told = {**document, "request_id": g.get("request_id")}
    if _wants_page():
        return Response(masked(refused_page(told, nearest)), document["status"], headers=headers, mimetype="text/html")
    return Response(masked(encode_json(told).decode()), document["status"], headers=headers, mimetype=PROBLEM)


def _on_trigger_error(error: errors.TriggerError) -> Response:
    document = problem_document(error)
    status = document["status"]
    if status >= 500:
        extra = {"action": "request_failed", "request_id": g.get("request_id")}
        LOG.error("request failed: %s", error, extra=extra, exc_info=error if status == 500 else None)
    return _reply(document, _headers(error, status), getattr(error, "nearest", ()))


def _wants_page() -> bool:
    """Whether a person asks: for one of the pages, or with a browser for what there is not."""
    if request.blueprint is not None or request.url_rule is not None or request.path.startswith("/api/"):
        return request.blueprint == CONSOLE
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _headers(error: errors.TriggerError, status: int) -> dict[str, str]:
    if isinstance(error, errors.SignatureRefused):
        return {"WWW-Authenticate": 'Signature realm="Luigi Trigger"'}
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="Luigi Trigger"'}
    return {"Retry-After": str(error.ids.get("retry_after_s", RETRY_AFTER_S))} if status in (429, 503) else {}


def _on_http_error(error: HTTPException) -> Response | HTTPException:
    code = error.code or 500
    if code < 400:
        return error
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    detail = f"There is nothing at {request.path[:200]}." if isinstance(error, NotFound) else error.description
    kind = kind_of_status(code)
    told = {"type": kind.type, "title": kind.title} if kind else {"type": "about:blank", "title": error.name}
    return _reply({**told, "status": code, "detail": detail, "errors": []}, kept)


def _on_surprise(error: Exception) -> Response:
    """A body that cannot be read, or what nobody expected."""
    return _reply(refusal(error, g.get("request_id", "")))
