"""JSON replies: encoding, times, ETags."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Response, request


def encode_json(value: Any) -> bytes:
    """Compact JSON in ASCII, so that no text (a lone surrogate in a log line) can break it; NaN becomes "nan"."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    except ValueError:
        return json.dumps(_finite(value), separators=(",", ":")).encode()


def iso(seconds: float | None) -> str | None:
    """Seconds since the epoch as ISO 8601 in UTC with milliseconds."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`value` as an `application/json` response."""
    return Response(encode_json(value), status, headers=headers, mimetype="application/json")


def read_reply(value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """The response to a read: with an ETag, and 304 without a body where the client has this very content."""
    response = reply(value, 200, headers)
    response.set_etag(etag(response.get_data()))
    response.make_conditional(request)
    return response


def etag(content: bytes) -> str:
    """The tag of what has this content, or is told by it."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
