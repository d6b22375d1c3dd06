"""Schedules: requests that are made again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from trigger_service.domain import errors
from trigger_service.domain.scheduled import Schedule
from trigger_service.web import schedule_documents as documents
from trigger_service.web.api.runs import REFUSALS
from trigger_service.web.openapi import raises
from trigger_service.web.part import Part
from trigger_service.web.replies import read_reply, reply
from trigger_service.web.schedule_documents import fire_json, preview_json, schedule_json
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor
from trigger_service.web.validation import checked


def blueprint(services: Services) -> Part:
    """The routes."""
    api = Part("schedules", __name__)
    routes = ScheduleRoutes(services)
    one: dict[Any, Any] = {200: documents.ScheduleDocument}
    all_of_them: dict[Any, Any] = {200: documents.SchedulesDocument}
    gone = raises(errors.ScheduleNotFound)
    api.get("/schedules", responses=all_of_them)(checked(routes.index))
    api.get("/schedules/<name>", responses=one, openapi_extensions=gone)(checked(routes.show))
    api.put("/schedules/<name>", responses=one, openapi_extensions=raises(*REFUSALS, errors.ScheduleManaged))(
        checked(routes.save)
    )
    kept = raises(errors.ScheduleNotFound, errors.ScheduleManaged)
    api.delete("/schedules/<name>", responses={204: None}, openapi_extensions=kept)(checked(routes.remove))
    api.patch("/schedules/<name>", responses=one, openapi_extensions=gone)(checked(routes.pause))
    api.patch("/schedules", responses=all_of_them)(checked(routes.pause_all))
    told: dict[Any, Any] = {200: documents.FiresDocument}
    api.get("/schedules/<name>/fires", responses=told, openapi_extensions=gone)(checked(routes.fires))
    api.post("/previews", responses={200: documents.PreviewDocument})(checked(routes.preview))
    return api


class ScheduleRoutes:
    """What each route does. The docstrings are those of the OpenAPI document."""

    def __init__(self, services: Services) -> None:
        self._timetable = services.automation.timetable

    def index(self) -> Response:
        """List the schedules, by name."""
        return _listed(read_reply, self._timetable.listed())

    def show(self, path: documents.SchedulePath) -> Response:
        """Show a schedule."""
        return read_reply(schedule_json(self._timetable.get(path.name)))

    def save(self, path: documents.SchedulePath, body: documents.ScheduleBody) -> Response:
        """Make a schedule, or put it in the place of the one of this name.

        Everything is judged now: the timing, the templates, and the request as it would be at the first fire. It goes
        on from now, and stays paused where it was.
        """
        saved = self._timetable.save(path.name, body.timing.timing(), body.request(), actor())
        return reply(schedule_json(saved))

    def remove(self, path: documents.SchedulePath) -> Response:
        """Remove a schedule and the record of its fires; its runs stay."""
        self._timetable.remove(path.name, actor())
        return Response(status=204)

    def pause(self, path: documents.SchedulePath, body: documents.PauseBody) -> Response:
        """Pause a schedule, or resume it from now on. What would have been a fire meanwhile is none."""
        return reply(schedule_json(self._timetable.pause(path.name, body.paused, actor())))

    def pause_all(self, body: documents.PauseBody) -> Response:
        """Pause all schedules, or resume them, and list those that were not so before."""
        return _listed(reply, self._timetable.pause_all(body.paused, actor()))

    def fires(self, path: documents.SchedulePath, query: documents.FiresQuery) -> Response:
        """List what became of the fires of a schedule, newest first."""
        found = self._timetable.fires(path.name, query.before, query.limit)
        return read_reply({"items": [fire_json(fire) for fire in found]})

    def preview(self, body: documents.PreviewBody) -> Response:
        """Show the next fires of a timing, with notes on changes of the clocks; nothing is saved."""
        return reply(preview_json(self._timetable.preview(body.timing.timing(), body.count)))


def _listed(answer: Callable[[Any], Response], schedules: list[Schedule]) -> Response:
    return answer({"items": [schedule_json(schedule) for schedule in schedules]})
