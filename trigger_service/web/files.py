"""The files that pages load. Read once, so that no name from a request reaches the file system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from flask import Response, request

from trigger_service.web.replies import etag

_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class StaticFile:
    """A file as it is sent."""

    content: bytes
    media_type: str


def static_files() -> Mapping[str, StaticFile]:
    """All of them, by name."""
    folder = files(__package__) / "static"
    kinds = {file.name: _MEDIA_TYPES[Path(file.name).suffix] for file in folder.iterdir()}
    return {name: StaticFile((folder / name).read_bytes(), kind) for name, kind in kinds.items()}


def told(content: bytes, media_type: str) -> Response:
    """The response to a read of what seldom changes: asked for again each time, and sent only where it is another."""
    response = Response(content, mimetype=media_type)
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(etag(content))
    response.make_conditional(request)
    return response
