"""Whole logs as files: streamed, compressed where the client takes it, a piece in memory at a time."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict

from flask import Response, request
from werkzeug.exceptions import TooManyRequests

from trigger_service.domain.logs import LogLine
from trigger_service.domain.queries import LogFilter
from trigger_service.service.insights import Insights
from trigger_service.web.rendering import log_line_json, log_text
from trigger_service.web.replies import encode_json, etag
from trigger_service.web.slots import LongRequests
from trigger_service.web.streaming import BUSY_RETRY_S

#: Bytes that are sent at a time, before they are compressed.
PIECE = 1 << 16
#: zlib's window, with the head and the end of a gzip file.
_GZIP = 16 + zlib.MAX_WBITS
#: By format: content type, and what a line becomes.
FORMATS: dict[str, tuple[str, Callable[[LogLine], bytes]]] = {
    "txt": ("text/plain; charset=utf-8", lambda line: log_text(line).encode(errors="replace")),
    "jsonl": ("application/jsonl", lambda line: encode_json(log_line_json(line)) + b"\n"),
}


class Downloads:
    """Gives logs as files. Each download occupies a thread of the server, so they share the places of streams."""

    def __init__(self, insights: Insights, places: LongRequests) -> None:
        self._insights = insights
        self._places = places

    def log(self, run_id: str, wanted: LogFilter, kind: str) -> Response:
        """The log up to where it is now, with an ETag that changes as soon as there is more of it."""
        extent = self._insights.log_extent(run_id)
        packed = request.accept_encodings.quality("gzip") > 0
        content_type, written = FORMATS[kind]
        pieces = _pieces(written(line) for line in self._insights.log_lines(extent, wanted))
        response = Response(self._until_stopped(_gzipped(pieces) if packed else pieces), content_type=content_type)
        # otherwise it is read whole, to learn its length
        response.implicit_sequence_conversion = False
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Content-Disposition"] = f'attachment; filename="run-{run_id}.{kind}"'
        response.set_etag(etag(json.dumps([asdict(extent), asdict(wanted), kind, packed]).encode()))
        response.make_conditional(request)
        if response.status_code == 304 or request.method == "HEAD":
            return response
        if not self._places.streams.take():
            raise TooManyRequests("All streams are taken; come back later.", retry_after=BUSY_RETRY_S)
        response.call_on_close(self._places.streams.give_back)
        return response

    def _until_stopped(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The pieces; raises where the service stops, so that no client takes what it got for the whole."""
        for piece in pieces:
            if self._places.closing.is_set():
                raise ConnectionAbortedError("the service stops")
            yield piece


def _pieces(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines put together."""
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces as a gzip file."""
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
