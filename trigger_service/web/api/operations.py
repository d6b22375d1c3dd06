"""Operations: targets moved into the trash with all that was built from them, and put back."""

from __future__ import annotations

from typing import Any

from flask import Response

from trigger_service.domain import errors
from trigger_service.domain.errors import InvalidCursor
from trigger_service.domain.ids import is_run_id
from trigger_service.service.operations import Demand
from trigger_service.web import operation_documents as documents
from trigger_service.web.api.runs import next_link
from trigger_service.web.askers import asker
from trigger_service.web.openapi import BODY_OPTIONAL, raises
from trigger_service.web.operation_documents import consequences_json, items_json, operation_json, operations_json
from trigger_service.web.part import Part
from trigger_service.web.replies import read_reply, reply
from trigger_service.web.services import Services
from trigger_service.web.slots import LongRequests
from trigger_service.web.submissions import actor
from trigger_service.web.validation import checked

#: Why targets cannot be looked at, for the OpenAPI document.
NOT_ASKED = (errors.PlanEnded, errors.Busy, errors.LaunchFailed, errors.ZygoteUnavailable, errors.UnknownPlace)
#: Why nothing is moved.
REFUSED = (errors.TargetsStay, errors.TargetsInUse, errors.OperationConflict)


def blueprint(services: Services, places: LongRequests) -> Part:
    """The routes."""
    api = Part("operations", __name__)
    routes = OperationRoutes(services, places)
    of_run = (errors.RunNotFound, errors.StateConflict, errors.TaskNotFound)
    told = raises(errors.TargetNotFound, *of_run, *NOT_ASKED)
    api.post("/targets/plan", responses={200: documents.ConsequencesDocument}, openapi_extensions=told)(
        checked(routes.consequences)
    )
    begun: dict[Any, Any] = {202: documents.OperationDocument}
    told = raises(errors.TargetNotFound, *REFUSED, *NOT_ASKED)
    api.post("/targets/invalidate", responses=begun, openapi_extensions=told)(checked(routes.invalidate))
    listed = raises(errors.InvalidCursor)
    api.get("/operations", responses={200: documents.OperationsDocument}, openapi_extensions=listed)(
        checked(routes.index)
    )
    told = raises(errors.OperationNotFound)
    one: dict[Any, Any] = {200: documents.OperationDocument}
    api.get("/operations/<operation_id>", responses=one, openapi_extensions=told)(checked(routes.show))
    told = raises(errors.OperationNotFound, errors.InvalidCursor)
    api.get("/operations/<operation_id>/items", responses={200: documents.ItemsDocument}, openapi_extensions=told)(
        checked(routes.items)
    )
    told = raises(errors.OperationNotFound, *REFUSED, *NOT_ASKED)
    api.post("/operations/<operation_id>/undo", responses=begun, openapi_extensions={**told, BODY_OPTIONAL: True})(
        checked(routes.undo, body_needed=False)
    )
    told = raises(errors.OperationNotFound, errors.OperationConflict)
    api.post("/operations/<operation_id>/purge", responses=begun, openapi_extensions=told)(checked(routes.purge))
    return api


class OperationRoutes:
    """What each route does. The docstrings are those of the OpenAPI document."""

    def __init__(self, services: Services, places: LongRequests) -> None:
        self._operations = services.operations
        self._places = places

    def consequences(self, body: documents.ConsequencesBody) -> Response:
        """Show what an invalidation, or a retry, would move and build again, and what stands in its way.

        All that was built from a target by what is on record, in every pipeline; of a run what it built or found
        complete. Each target is looked at; nothing is changed. Each client has one plan made at a time (429).
        """
        return reply(consequences_json(self._operations.consequences(body.wish(), asker(self._places))))

    def invalidate(self, body: documents.InvalidationBody) -> Response:
        """Move targets into the trash, with all that was built from them, in one operation that can be undone.

        Accepted once it is durable: 202; it is over when its state is `moved`, or `failed`, where everything was put
        back. Refused as a whole (409) where a target cannot be moved, or a live run builds or reads some of them.
        """
        wanted = Demand(actor(), body.note, body.even_if_running)
        return self._begun(self._operations.invalidate(body.wish(), wanted, asker(self._places)).id)

    def index(self, query: documents.OperationsQuery) -> Response:
        """List operations, newest first, each with what it holds in the trash, and until when."""
        if query.cursor is not None and not is_run_id(query.cursor):
            raise InvalidCursor(cursor=query.cursor)
        found = self._operations.listed(query.state, query.run, query.cursor, query.limit + 1)
        document = operations_json(found, query.limit)
        cursor = document["next_cursor"]
        return read_reply(document, {"Link": next_link(cursor)} if cursor else None)

    def show(self, path: documents.OperationPath) -> Response:
        """Show an operation, and how far it is."""
        return read_reply(operation_json(self._operations.get(path.operation_id)))

    def items(self, path: documents.OperationPath, query: documents.ItemsQuery) -> Response:
        """List the targets of an operation, in the order in which they are moved."""
        cursor = query.cursor or "-1"
        if query.cursor is not None and not (query.cursor.isascii() and query.cursor.isdigit()):
            raise InvalidCursor(cursor=query.cursor)
        document = items_json(self._operations.items(path.operation_id, int(cursor), query.limit + 1), query.limit)
        following = document["next_cursor"]
        return read_reply(document, {"Link": next_link(following)} if following else None)

    def undo(self, path: documents.OperationPath, body: documents.UndoBody) -> Response:
        """Put everything back that an operation has moved; it is over when its state is `undone`.

        Refused as a whole (409) where something has been built again meanwhile, or the run of a retry is live.
        """
        wanted = Demand(actor(), even_if_running=body.even_if_running)
        return self._begun(self._operations.undo(path.operation_id, wanted, asker(self._places)).id)

    def purge(self, path: documents.OperationPath) -> Response:
        """Delete for good what an operation holds in the trash, before it expires; over when its state is `expired`."""
        return self._begun(self._operations.purge(path.operation_id, actor()).id)

    def _begun(self, operation_id: str) -> Response:
        document = operation_json(self._operations.get(operation_id))
        return reply(document, 202, {"Location": f"/api/v1/operations/{operation_id}"})
