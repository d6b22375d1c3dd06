"""What the page of one schedule shows, or of one that is to be made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, cached_property
from zoneinfo import available_timezones

from flask import request

from trigger_service.domain.errors import InvalidRequest, Problem
from trigger_service.domain.schedule import Upcoming
from trigger_service.domain.scheduled import Schedule
from trigger_service.service.timetable import Foreseen
from trigger_service.web.pages.changes import Changed, changes_of
from trigger_service.web.pages.cron_words import fires_in_words
from trigger_service.web.pages.filled import Form
from trigger_service.web.pages.outcomes import Outcome, outcome
from trigger_service.web.pages.request_sheet import RequestSheet
from trigger_service.web.pages.schedule_form import body_of, wanted
from trigger_service.web.services import Services

#: Fires that are foreseen, those of the past on a page, and changes.
NEXT, PAST, CHANGES = 5, 20, 10
#: What is said after an action, which is read from the record of changes.
_DONE = {
    "schedule made": "It is made, and fires from now on.",
    "schedule changed": "The change holds from now on.",
    "schedule paused": "It is paused. What would have been a fire meanwhile is none.",
    "schedule resumed": "It goes on from now.",
}


class Sheet(RequestSheet):
    """What the page of one schedule shows, or of one that is to be made."""

    def __init__(self, services: Services, schedule: Schedule | None, form: Form) -> None:
        super().__init__(services, form)
        self.schedule = schedule
        self.name = schedule.name if schedule else ""
        #: Whether the form is as somebody tries it out.
        self.is_asked = "timing.expression" in request.values
        if self.is_asked and not form.problems:
            self.form = form.refused(self.foreseen[1])

    @property
    def zones(self) -> list[str]:
        """All that there are."""
        return _zones()

    @property
    def words(self) -> str:
        """When it fires, as the form says it now."""
        return fires_in_words(wanted(self.form)) if self.form.text("timing.expression") else ""

    @property
    def saved_words(self) -> str:
        """When it fires, as it is saved."""
        return fires_in_words(self.schedule.timing) if self.schedule else ""

    @property
    def done(self) -> str:
        """What was done last, where somebody comes from doing it."""
        return _DONE.get(self.changes[0].action, "") if "done" in request.args and self.changes else ""

    def day_of(self, fire: Upcoming) -> str:
        """`Fri 27 March, 02:30`: the local time of a fire, with the year where that is another one."""
        local, present = datetime.fromisoformat(fire.local), datetime.now(UTC)
        return (
            f"{local:%a} {local.day} {local:%B}{'' if local.year == present.year else f' {local.year}'}, {local:%H:%M}"
        )

    @cached_property
    def foreseen(self) -> tuple[Sequence[Foreseen], Sequence[Problem]]:
        """The next fires as they would be, or what is wrong."""
        if not self.form.text("timing.expression"):
            return (), ()
        try:
            body = body_of(self.form, self.schedule)
            timetable = self._services.automation.timetable
            return timetable.foreseen(
                self.name or self.form.text("name"), body.timing.timing(), body.request(), NEXT
            ), ()
        except InvalidRequest as refused:
            return (), refused.problems

    @property
    def at_next_fire(self) -> dict[str, object]:
        """The parameters of the next fire."""
        fires = self.foreseen[0]
        return dict(fires[0].parameters) if fires else {}

    @cached_property
    def history(self) -> list[Outcome]:
        """What became of its fires, newest first; one more than is shown where there are more."""
        before = request.args.get("before", "")
        timetable = self._services.automation.timetable
        fires = timetable.fires(self.name, int(before) if before.lstrip("-").isdecimal() else None, PAST + 1)
        runs = self._services.insights.some([fire.run_id for fire in fires if fire.run_id])
        return [outcome(each.state, each.fire_time, each.reason, each.run_id, runs) for each in fires]

    @cached_property
    def changes(self) -> list[Changed]:
        """Who changed what of it."""
        return changes_of(self._services.pools.changes(f"schedule {self.name}", None, CHANGES))


@cache
def _zones() -> list[str]:
    """Looked for once: they are many files."""
    return sorted(available_timezones())
