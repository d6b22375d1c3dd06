"""What happens to a run, as it happens."""

from __future__ import annotations

from flask import Response, request

from trigger_service.domain.errors import InvalidRequest, Problem
from trigger_service.web import responses
from trigger_service.web.part import Part
from trigger_service.web.schemas import EventsQuery, RunPath
from trigger_service.web.stream import END, RunStreams, stay_away
from trigger_service.web.validation import checked


def blueprint(streams: RunStreams) -> Part:
    """The routes."""
    api = Part("events", __name__)

    def events(path: RunPath, query: EventsQuery) -> Response:
        """Stream what happens to a run (state changes, tasks, notes); after the last event of a final run `end` {run}.

        Each event has an id, from which a client that was cut off goes on with `Last-Event-ID`.
        """
        last = request.headers.get("Last-Event-ID")
        if last == END:
            return stay_away()
        if last is None:
            return streams.events(path.run_id, query.after)
        if not last.isascii() or not last.isdigit() or len(last) > 15:
            raise InvalidRequest([Problem("Last-Event-ID", "Expected the id of an event: a number.")])
        return streams.events(path.run_id, int(last))

    api.get("/runs/<run_id>/events", responses={200: responses.EVENTS, 204: None})(checked(events))
    return api
