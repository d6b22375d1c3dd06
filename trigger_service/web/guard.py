"""Who may speak to the service, and how: names of the host, origins, tokens, content types, sizes; headers of every
response.

On loopback the service needs no sign-in. A web page open in the same browser must not be able to use it: neither by
its own name pointed at 127.0.0.1 (Host is checked) nor across origins (Origin and content type).
"""

from __future__ import annotations

import re
import uuid
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.exceptions import Forbidden, RequestEntityTooLarge, UnsupportedMediaType

from trigger_service.domain.access import is_signed
from trigger_service.web.access import Access

#: The blueprint of the pages that have forms.
CONSOLE = "console"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: For machines that ask whether the service is well: the first of these is answered whatever happens.
ALIVE, READY = "/healthz", "/readyz"
#: What the page loads that tells somebody without a token what to do.
OPEN_FILES = frozenset(
    f"/static/{name}" for name in ("console.css", "pages.css", "print.css", "icons.svg", "mark.svg", "theme.js")
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def install(app: Flask, access: Access, allowed_hosts: tuple[str, ...], max_body_bytes: int) -> None:
    """Put the checks before every request to `app`, whatever its path, and the headers on every response.

    `g.credential` is who sends the request then; None for nobody, which happens at ALIVE, READY, and where a request
    is signed.
    """
    # one more than is allowed: what has no declared length is cut off there without an error, and must be seen to be
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes + 1
    hosts = LOOPBACK | {host.lower().strip("[]") for host in allowed_hosts}

    @app.before_request
    def check() -> None:
        g.request_id = request_id(request.headers.get("X-Request-Id"))
        check_host(request.headers.get("Host"), hosts)
        check_origin(request.headers.get("Origin"), request.headers.get("Host", ""))
        g.credential, sender = None, request.remote_addr or ""
        if is_signed(request.method, request.path):
            access.count(sender)
        elif request.path != ALIVE:
            g.credential = access.identified(request.headers.get("Authorization"), sender)
            if request.path != READY and not _is_open(request.method, request.path):
                access.demand(g.credential, request.method, request.path)
        if request.method not in SAFE_METHODS:
            check_content(max_body_bytes, FORM if request.blueprint == CONSOLE else JSON)

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = g.get("request_id", "")
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def request_id(sent: str | None) -> str:
    """The id that the client gave its request, where it is a harmless one; otherwise a new one."""
    return sent if sent and _REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex


def check_host(host: str | None, allowed: frozenset[str]) -> None:
    """Refuse a request that addresses the service by a name it does not have; any port, since ports are forwarded."""
    try:
        name = urlsplit(f"//{host or ''}").hostname
    except ValueError:
        name = None
    if name not in allowed:
        raise Forbidden(
            f"This service does not answer to the host name {name!r}; add it to `allowed_hosts` in [trigger_service] "
            "if it should."
        )


def check_origin(origin: str | None, host: str) -> None:
    """Refuse a request that a page of another origin sends."""
    if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
        raise Forbidden(f"Requests from pages of {origin!r} are not accepted.")


def _is_open(method: str, path: str) -> bool:
    return method in SAFE_METHODS and path in OPEN_FILES


def check_content(max_body_bytes: int, expected: str) -> None:
    """Refuse a body of another content type, or that is too large.

    A foreign page may send no JSON unasked. It may send a form: those of ours have to name their origin, and a token.
    """
    if expected == FORM and request.headers.get("Origin") is None:
        raise Forbidden("A form has to come with the header Origin, which browsers send by themselves.")
    length = request.content_length or 0
    streamed = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    has_body = length > 0 or streamed
    if (has_body or request.content_type) and request.mimetype != expected:
        raise UnsupportedMediaType(
            f"A body must have the content type {expected}, not {request.content_type or 'none'!r}."
        )
    if length > max_body_bytes or (streamed and len(request.get_data()) > max_body_bytes):
        raise RequestEntityTooLarge(f"The body is too large; {max_body_bytes} bytes are the limit.")
