"""Calendars of completeness, and backfills of what is missing in them."""

from __future__ import annotations

from typing import Any

from flask import Response

from trigger_service.domain import errors
from trigger_service.domain.errors import InvalidCursor
from trigger_service.domain.ids import is_run_id
from trigger_service.service.backfills import Pace
from trigger_service.web import backfill_documents as documents
from trigger_service.web.api.runs import KEY, REFUSALS, next_link
from trigger_service.web.askers import asker
from trigger_service.web.backfill_documents import backfill_json, backfills_json, calendar_json, parts_json
from trigger_service.web.openapi import raises
from trigger_service.web.part import Part
from trigger_service.web.replies import read_reply, reply
from trigger_service.web.services import Services
from trigger_service.web.slots import LongRequests
from trigger_service.web.submissions import actor, idempotency
from trigger_service.web.validation import checked

#: Why no calendar may be made, for the OpenAPI document.
ASKED = (*REFUSALS, errors.PlanEnded, errors.Busy, errors.LaunchFailed)


def blueprint(services: Services, places: LongRequests) -> Part:
    """The routes."""
    api = Part("backfills", __name__)
    routes = BackfillRoutes(services, places)
    api.post("/calendars", responses={200: documents.CalendarDocument}, openapi_extensions=raises(*ASKED))(
        checked(routes.calendar)
    )
    one: dict[Any, Any] = {200: documents.BackfillDocument}
    missing, over = raises(errors.BackfillNotFound), raises(errors.BackfillNotFound, errors.BackfillOver)
    listed = raises(errors.InvalidCursor)
    told = raises(*ASKED, errors.IdempotencyMismatch, parameters=[KEY])
    api.post("/backfills", responses={201: documents.BackfillDocument}, openapi_extensions=told)(checked(routes.make))
    api.get("/backfills", responses={200: documents.BackfillsDocument}, openapi_extensions=listed)(
        checked(routes.index)
    )
    api.get("/backfills/<backfill_id>", responses=one, openapi_extensions=missing)(checked(routes.show))
    api.patch("/backfills/<backfill_id>", responses=one, openapi_extensions=over)(checked(routes.change))
    listed = raises(errors.BackfillNotFound, errors.InvalidCursor)
    api.get("/backfills/<backfill_id>/parts", responses={200: documents.PartsDocument}, openapi_extensions=listed)(
        checked(routes.parts)
    )
    api.post("/backfills/<backfill_id>/cancel", responses=one, openapi_extensions=over)(checked(routes.cancel))
    api.post("/backfills/<backfill_id>/retry", responses=one, openapi_extensions=over)(checked(routes.retry))
    return api


class BackfillRoutes:
    """What each route does. The docstrings are those of the OpenAPI document."""

    def __init__(self, services: Services, places: LongRequests) -> None:
        self._calendars = services.calendars
        self._backfills = services.automation.backfills
        self._places = places

    def calendar(self, body: documents.CalendarBody) -> Response:
        """Ask the targets for which values of one parameter a pipeline is complete. Nothing is run.

        By `bulk_complete` where the task has it, otherwise by `complete` of each. A calendar takes 30 seconds at most;
        `cut` says where it is not whole for that. Each client has one plan or calendar made at a time (429).
        """
        made = self._calendars.make(body.request(), body.wanted(), asker(self._places))
        return reply(calendar_json(made))

    def make(self, body: documents.BackfillBody) -> Response:
        """Make a backfill: a calendar first, then a run for each value that is not complete in it.

        Its runs are like any others, with the trigger `backfill`; `parallel` of them may be live, or queued, at a time.
        An `Idempotency-Key` makes it safe to send again: it is answered with the backfill of the first time.
        """
        pace = Pace(body.order, body.parallel)
        whose: dict[str, Any] = {"actor": actor(), "asker": asker(self._places), "idempotency": idempotency()}
        made = self._backfills.make(body.request(), body.wanted(), pace, **whose)
        headers = {"Location": f"/api/v1/backfills/{made.overview.backfill.id}"}
        if made.replayed:
            headers["Idempotency-Replayed"] = "true"
        return reply(backfill_json(made.overview), 201, headers)

    def index(self, query: documents.BackfillsQuery) -> Response:
        """List backfills, newest first."""
        if query.cursor is not None and not is_run_id(query.cursor):
            raise InvalidCursor(cursor=query.cursor)
        return _page(backfills_json(self._backfills.listed(query.cursor, query.limit + 1), query.limit))

    def show(self, path: documents.BackfillPath) -> Response:
        """Show a backfill, and how far it is."""
        return read_reply(backfill_json(self._backfills.get(path.backfill_id)))

    def change(self, path: documents.BackfillPath, body: documents.ChangeBody) -> Response:
        """Pause or resume a backfill, and set how many of its runs may be live, from now on. Live runs go on."""
        return reply(backfill_json(self._backfills.change(path.backfill_id, body.paused, body.parallel, actor())))

    def parts(self, path: documents.BackfillPath, query: documents.PartsQuery) -> Response:
        """List the parts of a backfill, in the order of their values."""
        after = -1 if query.cursor is None else _position(query.cursor)
        found = self._backfills.parts(path.backfill_id, query.state, after, query.limit + 1)
        return _page(parts_json(found, query.limit))

    def cancel(self, path: documents.BackfillPath) -> Response:
        """Cancel a backfill as one: what waits starts no more, and its live runs are cancelled."""
        return reply(backfill_json(self._backfills.cancel(path.backfill_id, actor())))

    def retry(self, path: documents.BackfillPath) -> Response:
        """Begin again with the parts that failed, were skipped or cancelled, and with no others."""
        return reply(backfill_json(self._backfills.retry(path.backfill_id, actor())))


def _page(document: dict[str, Any]) -> Response:
    cursor = document["next_cursor"]
    return read_reply(document, {"Link": next_link(cursor)} if cursor else None)


def _position(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise InvalidCursor(cursor=cursor)
    return int(cursor)
