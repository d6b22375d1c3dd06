"""What the tasks of a run printed."""

from __future__ import annotations

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint

from trigger_service.web import responses
from trigger_service.web.rendering import log_page_json
from trigger_service.web.replies import reply
from trigger_service.web.schemas import LogsQuery, RunPath
from trigger_service.web.services import Services
from trigger_service.web.stream import END, RunStreams, stay_away
from trigger_service.web.validation import checked


def blueprint(services: Services, streams: RunStreams) -> APIBlueprint:
    """The routes."""
    api = APIBlueprint("logs", __name__, abp_responses=responses.PROBLEMS)

    def logs(path: RunPath, query: LogsQuery) -> Response:
        """Lines of output, oldest first.

        A page may have fewer lines than its limit, even none, and not be the last: `complete` says whether it is.
        With `follow=true` the answer is a stream: `lines` {items} with the cursor as event id, at last `end` {run}.
        """
        if query.follow:
            last = request.headers.get("Last-Event-ID")
            return stay_away() if last == END else streams.logs(path.run_id, query.filter(), last or query.cursor)
        return reply(log_page_json(services.insights.log(path.run_id, query.filter(), query.cursor, query.limit)))

    api.get("/runs/<run_id>/logs", responses={200: responses.LOGS})(checked(logs))
    return api
