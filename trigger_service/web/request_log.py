"""Tells the log of requests that failed, were refused for who sent them, or took long."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request

log = logging.getLogger(__name__)

#: Seconds from which on a request is told of.
SLOW_S = 1.0
#: Statuses that somebody may want to look into, besides those of failures.
_REFUSED = frozenset({401, 403})
#: What is told of an address: never its query, in which somebody may have put a token by mistake.
_SHOWN = 200


def install(app: Flask, slow_s: float = SLOW_S) -> None:
    """Put it around every request to `app`. A request that may last (a stream, a wait) is never slow."""

    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()

    @app.after_request
    def tell(response: Response) -> Response:
        took = time.monotonic() - g.get("began", time.monotonic())
        lasting = "Prefer" in request.headers or response.is_streamed
        if response.status_code >= 500 or response.status_code in _REFUSED or (took >= slow_s and not lasting):
            told = {
                "action": "request",
                "request_id": g.get("request_id"),
                "method": request.method[:20],
                "path": request.path[:_SHOWN],
                "status": response.status_code,
                "duration_s": round(took, 3),
            }
            log.warning("%s %s: %d", told["method"], told["path"], response.status_code, extra=told)
        return response
