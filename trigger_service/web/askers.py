"""Who waits for what takes a while: known by name, so that each has one thing made at a time, and by the connection."""

from __future__ import annotations

import select
from collections.abc import Callable

from flask import g, request

from trigger_service.service.turns import Asker
from trigger_service.web.slots import LongRequests
from trigger_service.web.submissions import CLIENT_HEADER


def asker(places: LongRequests) -> Asker:
    """Who sent the present request."""
    return Asker(client(), gone(places))


def client() -> str:
    """Who has one plan or calendar made at a time."""
    return f"{g.credential.id} {request.remote_addr} {request.headers.get(CLIENT_HEADER, '')}"


def gone(places: LongRequests) -> Callable[[], bool]:
    """Tells whether the answer to the present request is wanted no more: the service stops, or the client hung up."""
    hung_up = _hang_up_watch()
    return lambda: places.closing.is_set() or hung_up()


def _hang_up_watch() -> Callable[[], bool]:
    """Tells whether the client of this request has hung up, where the server lets one see that."""
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if connection is None:
        return lambda: False
    poll = select.poll()
    poll.register(connection, getattr(select, "POLLRDHUP", select.POLLHUP))  # macOS has only the latter
    return lambda: bool(poll.poll(0))
