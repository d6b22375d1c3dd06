"""Answers to requests that gunicorn cannot read: the application never sees them, or not the whole of their body."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from gunicorn.http import errors as unreadable

from trigger_service.domain.tokens import masked
from trigger_service.web.guard import HEADERS
from trigger_service.web.problems import kind_of_status
from trigger_service.web.replies import encode_json

LOG = logging.getLogger(__name__)
#: What is told of an error that is no fault of the client.
SURPRISE = "The service met an error it did not expect; its log says more under this request_id."
#: So much of what is wrong with a request is repeated, in characters.
_SHOWN = 200

#: First match wins, so that special errors stand before their bases.
_STATUSES: tuple[tuple[type[Exception], int, str], ...] = (
    (unreadable.LimitRequestLine, 414, "Its first line is too long; send long values in a body."),
    (unreadable.LimitRequestHeaders, 431, "It has too many headers, or one is too large."),
    (unreadable.UnsupportedTransferCoding, 501, "Its body is encoded in a way that is not known here; chunked is."),
    (unreadable.ExpectationFailed, 417, "It expects something that is not known here; 100-continue is."),
    (unreadable.InvalidHTTPVersion, 505, "It is of a version of HTTP that is not spoken here; 1.1 is."),
    (unreadable.InvalidResponseHeader, 500, ""),
    (unreadable.InvalidResponseHeaderName, 500, ""),
    (unreadable.ParseException, 400, "It is not what HTTP/1.1 says it has to be."),
)


def refusal(error: Exception, request_id: str) -> dict[str, Any]:
    """The problem document of a request that could not be read; its error is told to the log."""
    told = masked(str(error))
    status, why = next(((status, why) for kind, status, why in _STATUSES if isinstance(error, kind)), (500, ""))
    if status == 500:
        LOG.error("unexpected error", extra={"action": "request_broke", "request_id": request_id}, exc_info=error)
        detail = SURPRISE
    else:
        LOG.warning("request refused: %s", told, extra={"action": "request_refused", "request_id": request_id})
        detail = f"The request cannot be read. {why} {told[:_SHOWN]}"
    kind = kind_of_status(status)
    assert kind is not None, f"{status} is a kind of problem"
    return {
        "type": kind.type,
        "title": kind.title,
        "status": status,
        "detail": detail,
        "errors": [],
        "request_id": request_id,
    }


def response(error: Exception) -> bytes:
    """The whole HTTP response to a request that could not be read; the connection is of no use afterwards."""
    told = refusal(error, uuid.uuid4().hex)
    body = encode_json(told)
    headers = {
        **HEADERS,
        "Cache-Control": "no-store",
        "Connection": "close",
        "Content-Length": len(body),
        "Content-Type": "application/problem+json",
        "X-Request-Id": told["request_id"],
    }
    lines = [f"HTTP/1.1 {told['status']} {told['title']}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
