"""What the pages of backfills show: all of them, one with its parts, and one that is to be made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import request

from trigger_service.domain.backfills import PART_STATES, UNDONE, Overview, Part
from trigger_service.domain.ids import is_run_id
from trigger_service.domain.ranges import MOST_VALUES
from trigger_service.service.inquiries import Inquiry
from trigger_service.web.pages.calendar_picture import Item, Picture, Square, legend, picture
from trigger_service.web.pages.changes import Changed, changes_of
from trigger_service.web.pages.exports import after_each
from trigger_service.web.pages.filled import Form
from trigger_service.web.pages.forms import FIELD
from trigger_service.web.pages.request_form import written_values
from trigger_service.web.pages.request_sheet import RequestSheet
from trigger_service.web.services import Services

#: Backfills and parts on a page, and changes.
PAGE, PARTS, CHANGES = 50, 60, 10
#: Parts that are read at a time for the picture.
_YEAR = 366
_STATES = {"running": "running", "paused": "paused", "cancelled": "cancelled"}
#: What is said after an action, which is read from the record of changes.
_DONE = {
    "backfill made": "It has begun.",
    "backfill changed": "The change holds from now on; live runs go on.",
    "backfill cancelled": "What waited starts no more, and its live runs are being cancelled.",
    "backfill retried": "What failed, was skipped or cancelled waits again, and nothing else.",
}


class Progress:
    """How far a backfill is."""

    def __init__(self, overview: Overview) -> None:
        self.overview = overview
        self.backfill = overview.backfill
        self.counts: Mapping[str, int] = {str(state): overview.counts[state] for state in PART_STATES}
        self.total = sum(self.counts.values())

    @property
    def texts(self) -> Mapping[str, str]:
        """The parameters that are the same for all of its runs."""
        return written_values(self.backfill.request.parameters)

    @property
    def done(self) -> int:
        """Values that are complete now."""
        return self.counts["complete"] + self.counts["succeeded"]

    @property
    def undone(self) -> int:
        """Values that a retry would begin again with."""
        return sum(self.counts[state] for state in UNDONE)

    @property
    def standing(self) -> tuple[str, str]:
        """Its state as it is shown: a state that has colours, and a word."""
        if self.overview.state != "finished":
            return _STATES[self.overview.state], self.overview.state.capitalize()
        return ("warning", "Finished, not all") if self.undone else ("succeeded", "Finished")

    @property
    def bars(self) -> list[tuple[str, float, float]]:
        """Of a bar of 100 percent: classes, where each piece begins, and its width."""
        numbers = (
            ("mark-soft is-succeeded", self.counts["complete"]),
            ("mark is-succeeded", self.counts["succeeded"]),
            ("mark is-failed", self.counts["failed"]),
            ("mark-soft is-late", self.counts["skipped"]),
            ("mark-soft is-cancelled", self.counts["cancelled"]),
            ("mark is-running", self.counts["started"]),
        )
        bars, begin = [], 0.0
        for look, number in numbers:
            if number:
                width = 100 * number / max(1, self.total)
                bars.append((look, round(begin, 2), round(width, 2)))
                begin += width
        return bars

    @property
    def words(self) -> str:
        """The same in words."""
        told = ", ".join(f"{number} {state}" for state, number in self.counts.items() if number)
        return f"{told}, of {self.total}"


class Board:
    """What the page of all backfills shows."""

    def __init__(self, services: Services) -> None:
        self._services = services
        cursor = request.args.get("cursor", "")
        self._cursor = cursor if is_run_id(cursor) else None

    @cached_property
    def found(self) -> list[Progress]:
        """One more than a page has, where there are more."""
        return [Progress(each) for each in self._services.automation.backfills.listed(self._cursor, PAGE + 1)]

    @property
    def rows(self) -> list[Progress]:
        """Those of this page, newest first."""
        return self.found[:PAGE]

    @property
    def older(self) -> str:
        """The address of the next page; empty for none."""
        return f"/backfills?cursor={self.rows[-1].backfill.id}" if len(self.found) > PAGE else ""

    def everything(self) -> Iterator[Progress]:
        """Rows of a file: all backfills."""
        return map(Progress, after_each(self._services.automation.backfills.listed, lambda each: each.backfill.id))


class BackfillSheet:
    """What the page of one backfill shows."""

    def __init__(self, services: Services, backfill_id: str) -> None:
        self._services = services
        self._backfills = services.automation.backfills
        self.id = backfill_id
        self.state = request.args.get("state", "")
        self.refused = ""

    @cached_property
    def progress(self) -> Progress:
        """How far it is; raises BackfillNotFound."""
        return Progress(self._backfills.get(self.id))

    @cached_property
    def everything(self) -> list[Part]:
        """All parts."""
        return self._backfills.parts(self.id, (), -1, MOST_VALUES)

    @cached_property
    def picture(self) -> Picture | None:
        """The calendar, or None where its values are none of the calendar."""
        known: dict[int, Part] = {}

        def item(index: int) -> Item:
            if index not in known:  # what is shown stands together
                known.update({part.position: part for part in self._backfills.parts(self.id, (), index - 1, _YEAR)})
            part = known[index]
            return Item(part.value, part.state, part.reason, f"/runs/{part.run_id}" if part.run_id else "")

        return picture(self._backfills.values(self.id), item, request.args.get("part", ""))

    @property
    def legend(self) -> list[tuple[Square, str, int]]:
        """What its squares mean, and how many there are of each."""
        return legend(self.progress.counts)

    @cached_property
    def parts(self) -> list[Part]:
        """Those of the table: of a state, or those that it has to do with; one more than is shown."""
        its_own = [state for state in PART_STATES if state != "complete"]
        states = [state for state in PART_STATES if state == self.state] if self.state else its_own
        after = request.args.get("after", "")
        number = int(after) if after.isdecimal() and len(after) < 10 else -1
        return self._backfills.parts(self.id, states, number, PARTS + 1)

    @property
    def more(self) -> str:
        """The address of the next page of parts; empty for none."""
        if len(self.parts) <= PARTS:
            return ""
        query = urlencode({"state": self.state, "after": self.parts[PARTS - 1].position})
        return f"/backfills/{self.id}?{query}#parts"

    @cached_property
    def changes(self) -> list[Changed]:
        """Who changed what of it."""
        return changes_of(self._services.pools.changes(f"backfill {self.id}", None, CHANGES))

    @property
    def done(self) -> str:
        """What was done last, where somebody comes from doing it."""
        return _DONE.get(self.changes[0].action, "") if "done" in request.args and self.changes else ""


class DraftSheet(RequestSheet):
    """What the page of a backfill that is to be made shows."""

    def __init__(self, services: Services, form: Form) -> None:
        super().__init__(services, form)
        self.inquiry: Inquiry | None = services.inquiries.of(request.args.get("calendar", ""))

    @property
    def parameter(self) -> Mapping[str, Any] | None:
        """The one whose values are counted: the one that is named, else the first that may be laid a range over."""
        named = [each for each in self.parameters if each["name"] == self.form.text("parameter")]
        counted = [each for each in self.parameters if each.get("range")]
        return next(iter([*named, *counted, *self.parameters]), None)

    @property
    def others(self) -> Sequence[Mapping[str, Any]]:
        """The parameters that are the same for all of its runs."""
        return [each for each in self.parameters if each is not self.parameter]

    @property
    def example(self) -> str:
        """A value of the parameter."""
        examples = (self.parameter or {}).get("schema", {}).get("examples", [])
        return str(examples[0]) if examples else ""

    def address_with(self, name: str) -> str:
        """The address of this form with another parameter."""
        gone = ("range", "values", FIELD, "calendar")
        left = {key: text for key, text in self.form.sent.items() if text and key.partition(".")[0] not in gone}
        return f"/backfills/new?{urlencode({**left, 'parameter': name})}"

    @cached_property
    def picture(self) -> Picture | None:
        """The calendar that was asked for."""
        calendar = self.inquiry.calendar if self.inquiry else None
        if calendar is None:
            return None
        items = calendar.items

        def item(index: int) -> Item:
            return Item(items[index].value, items[index].status, items[index].reason)

        return picture([each.value for each in items], item, request.args.get("part", ""))

    @property
    def legend(self) -> list[tuple[Square, str, int]]:
        """What its squares mean, and how many there are of each."""
        calendar = self.inquiry.calendar if self.inquiry else None
        return legend({str(state): number for state, number in calendar.counts().items()}) if calendar else []

    @property
    def missing(self) -> int | None:
        """How many values it would begin with, by the calendar that was asked for."""
        calendar = self.inquiry.calendar if self.inquiry else None
        return len(calendar.items) - calendar.counts()["complete"] if calendar else None

    def address_of(self, part: str) -> str:
        """The address of another part of the calendar."""
        return f"/backfills/new?{urlencode({**request.args.to_dict(), 'part': part})}#calendar"
