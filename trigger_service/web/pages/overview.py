"""The first page: what needs attention, what runs, what comes, and how the service does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from flask import Blueprint, Response, request

from trigger_service.domain.admission import ALL
from trigger_service.domain.glances import Bar
from trigger_service.domain.run import RunError
from trigger_service.domain.scheduled import Schedule
from trigger_service.launchers.base import Catalogue
from trigger_service.service.overview import BARS, Figures, StartLatency, fires_until
from trigger_service.service.troubles import Troubles
from trigger_service.web.pages.frame import Frame, Remembered
from trigger_service.web.pages.latency_picture import LatencyPicture
from trigger_service.web.pages.page import page
from trigger_service.web.pages.timeline_picture import Timeline, row
from trigger_service.web.pages.tracebacks import of_text
from trigger_service.web.services import Services

#: Hours of the timeline that there are to choose.
HOURS = (6, 12, 24)
#: Rows of the timeline, and of the table of pipelines; fires that come next; pipelines that have failed.
ROWS, PIPELINES, FIRES, FAILING = 12, 8, 7, 6
#: Schedules that are looked at, those that fire soonest.
SOONEST = 60
#: Runs of a pipeline: as squares, and in the line of durations.
LAST, DURATIONS = 20, 12
#: Seconds for which start latency is not looked at again.
STARTS_S = 10.0
#: An error whose message says which one it was.
_OF_TASK = "TaskFailed"


@dataclass
class OverviewPage:
    """What the template asks for; what it does not ask for costs nothing."""

    services: Services
    frame: Frame
    starts: Remembered[StartLatency | None]
    hours: int
    now: float

    @cached_property
    def catalogue(self) -> Catalogue:
        """What there is to trigger."""
        return self.frame.catalogue()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to trigger, and nothing has run."""
        return not self.catalogue.pipelines and not self.ran

    @cached_property
    def figures(self) -> Figures:
        """Counts of runs."""
        return self.services.overview.figures(self.now)

    @property
    def slots(self) -> int:
        """How many runs may be live at once; 0 for no limit."""
        return self.services.pools.limits.slots(ALL)

    @cached_property
    def troubles(self) -> Troubles:
        """Of runs."""
        return self.services.attention.troubles(self.now, FAILING)

    @property
    def things(self) -> int:
        """How much needs attention."""
        found, out_of_order = self.troubles, self.out_of_order
        runs = len(found.late) + len(found.stuck) + len(found.lost)
        return found.failed_pipelines + runs + len(self.catalogue.broken) + len(out_of_order)

    @property
    def out_of_order(self) -> list[tuple[str, str, str]]:
        """State, name and reason of what the service lacks; its code is told of by modules."""
        checks = [check for check in self.frame.checks() if check.state != "healthy" and check.name != "Code"]
        return [(check.state, check.name, check.text) for check in checks]

    @cached_property
    def ran(self) -> dict[str, float]:
        """By pipeline: when its newest run was asked for; the newest first."""
        found = self.services.overview.pipelines()
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    @cached_property
    def soonest(self) -> list[Schedule]:
        """Schedules by their next fire."""
        return self.services.overview.next_fires(SOONEST)

    @property
    def fires(self) -> Sequence[Schedule]:
        """Those that are listed."""
        return self.soonest[:FIRES]

    @cached_property
    def timeline(self) -> Timeline:
        """The pipelines that ran last, or will run, by their names."""
        axis = Timeline(self.hours, self.now)
        recent = [name for name, newest in self.ran.items() if newest >= axis.since]
        coming = [s.request.pipeline for s in self.soonest if s.due_at and s.due_at <= axis.until]
        names = list(dict.fromkeys([*recent[: ROWS - 2], *coming, *recent]))
        shown = sorted(names[:ROWS], key=str.casefold)
        bars = self.services.overview.bars(shown, axis.since)
        rows = [
            row(axis, name, bars[name], self._fires_of(name, axis.until), BARS * (len(bars[name]) == BARS))
            for name in shown
        ]
        return Timeline(self.hours, self.now, rows, len(names) - len(rows))

    def _fires_of(self, pipeline: str, until: float) -> list[tuple[str, float]]:
        mine = [schedule for schedule in self.soonest if schedule.request.pipeline == pipeline]
        return [(schedule.name, at) for schedule in mine for at in fires_until(schedule, self.now, until)]

    @cached_property
    def pipelines(self) -> list[PipelineRow]:
        """Those that ran last."""
        names = list(self.ran)[:PIPELINES]
        found = self.services.overview.newest(names, LAST)
        return [PipelineRow(name, found[name]) for name in names]

    @cached_property
    def latency(self) -> LatencyPicture | None:
        """From acceptance to start; None where nothing has started."""
        found = self.starts()
        return LatencyPicture(found) if found else None

    def first_line(self, error: RunError) -> str:
        """The error in one line."""
        message = error.message.strip().partition("\n")[0]
        return message if error.type == _OF_TASK and message else f"{error.type}: {message}".rstrip(": ")

    def place(self, traceback: str | None) -> str:
        """File and line of the user's code where an error was raised; empty where that is not known."""
        found = of_text(traceback) if traceback else None
        return f"{found.file.rpartition('/')[2]}:{found.line}" if found and found.file else ""


@dataclass(frozen=True)
class PipelineRow:
    """A pipeline and its newest runs, the oldest first."""

    name: str
    runs: Sequence[Bar]

    @property
    def states(self) -> list[str]:
        """Of its runs."""
        return [run.state for run in self.runs]

    @property
    def durations(self) -> list[float]:
        """Seconds, of those that succeeded or failed."""
        ended = [run for run in self.runs if run.state in ("succeeded", "failed") and run.started_at]
        return [max(0.0, (run.finished_at or 0.0) - (run.started_at or 0.0)) for run in ended][-DURATIONS:]


def add_routes(pages: Blueprint, services: Services, frame: Frame) -> None:
    """`GET /?hours=`."""

    starts = Remembered(lambda: services.overview.latency(time.time()), STARTS_S)

    @pages.get("/")
    def overview() -> Response:
        asked = request.args.get("hours", type=int)
        view = OverviewPage(services, frame, starts, asked if asked in HOURS else 12, time.time())
        return page("first_run.html" if view.is_empty else "overview.html", "overview", view=view, choices=HOURS)
