"""What the tasks of a run printed."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from trigger_service.web import responses
from trigger_service.web.downloads import FORMATS, Downloads
from trigger_service.web.part import Part
from trigger_service.web.rendering import log_page_json
from trigger_service.web.replies import read_reply
from trigger_service.web.schemas import LogQuery, LogsQuery, RunPath
from trigger_service.web.services import Services
from trigger_service.web.stream import END, RunStreams, stay_away
from trigger_service.web.validation import checked


def blueprint(services: Services, streams: RunStreams, downloads: Downloads) -> Part:
    """The routes."""
    api = Part("logs", __name__)

    def logs(path: RunPath, query: LogsQuery) -> Response:
        """Lines of output, oldest first.

        A page may have fewer lines than its limit, even none, and not be the last: `complete` says whether it is.
        With `follow=true` the answer is a stream: `lines` {items} with the cursor as event id, at last `end` {run}.
        """
        if query.follow:
            last = request.headers.get("Last-Event-ID")
            return stay_away() if last == END else streams.logs(path.run_id, query.filter(), last or query.cursor)
        page = services.insights.log(path.run_id, query.filter(), query.cursor, query.limit)
        return read_reply(log_page_json(page))

    def as_text(path: RunPath, query: LogQuery) -> Response:
        """Download the whole log, up to where it is now, as text.

        Tab-separated: time, level, stream, task, text. Compressed where the client takes gzip.
        """
        return downloads.log(path.run_id, query.filter(), "txt")

    def as_json_lines(path: RunPath, query: LogQuery) -> Response:
        """Download the whole log, up to where it is now, a JSON object in each line.

        Compressed where the client takes gzip.
        """
        return downloads.log(path.run_id, query.filter(), "jsonl")

    api.get("/runs/<run_id>/logs", responses={200: responses.LOGS})(checked(logs))
    api.get("/runs/<run_id>/logs.txt", responses=_file("txt"))(checked(as_text))
    api.get("/runs/<run_id>/logs.jsonl", responses=_file("jsonl"))(checked(as_json_lines))
    return api


def _file(kind: str) -> Any:
    """The answer of a download, for the OpenAPI document."""
    content_type = FORMATS[kind][0].partition(";")[0]
    return {200: {"description": "The log", "content": {content_type: {"schema": {"type": "string"}}}}}
