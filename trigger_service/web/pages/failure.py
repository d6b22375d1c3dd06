"""Why a run failed, as its page tells it first: the error, the user's line, what it means, the lines before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from textwrap import dedent

from trigger_service.domain.queries import LogFilter, RunFilter
from trigger_service.domain.run import Run, RunError
from trigger_service.service.logreader import sieve
from trigger_service.service.logview import LogView, Row
from trigger_service.web.pages.logline import ShownLine, finder, shown
from trigger_service.web.pages.since_success import SinceSuccess
from trigger_service.web.pages.task_rows import DISABLED, FAILED, TaskRow, TaskTable
from trigger_service.web.pages.tracebacks import Traceback, of_text
from trigger_service.web.services import Services

#: Lines of the log that are shown; runs before this one that are looked at for the same error.
LINES, BEFORE = 6, 10
#: An error whose message says which one it was.
_OF_TASK = "TaskFailed"


@dataclass(frozen=True)
class Same:
    """Earlier runs of the pipeline that ended with the same error."""

    count: int
    of: int
    first: Run | None


@dataclass(frozen=True)
class Place:
    """Where in the user's code it failed."""

    file: str
    line: int
    function: str
    #: Lines of code with their numbers; None for one whose number is not known.
    source: Sequence[tuple[int | None, str]]


@dataclass
class Failure:
    """What is told of the error of a run. What the template does not ask for costs nothing."""

    services: Services
    run: Run
    error: RunError
    table: TaskTable
    last_success: Run | None

    @property
    def title(self) -> str:
        """The error in its first line."""
        message = self.error.message.strip().split("\n", 1)[0]
        return message if self.error.type == _OF_TASK and message else f"{self.error.type}: {message}".rstrip(": ")

    @cached_property
    def row(self) -> TaskRow | None:
        """The task that failed; None where it was none, or is not known."""
        return self.table.by_id.get(self.error.task_id or "")

    @cached_property
    def others(self) -> list[TaskRow]:
        """Tasks that failed besides."""
        return [row for row in self.table.of_kind(FAILED, DISABLED) if row is not self.row]

    @cached_property
    def traceback(self) -> Traceback | None:
        """What Python wrote; None where there is none."""
        return of_text(self.error.traceback.removeprefix("Runtime error:\n")) if self.error.traceback else None

    @cached_property
    def place(self) -> Place | None:
        """Where it failed: with the lines around as the run has read them, or else what the traceback has."""
        raised = self.row.task.raised if self.row else None
        if raised and raised["lines"]:
            lines = dedent("\n".join(raised["lines"])).rstrip().split("\n")
            return Place(raised["file"], raised["line"], raised["function"], list(enumerate(lines, raised["first"])))
        found = self.traceback
        if found is None or not found.file:
            return None
        numbers = (found.line, *[None] * len(found.source))
        source = [each for each in zip(numbers, found.source, strict=False) if found.source[0]]
        return Place(found.file, found.line, found.function, source)

    @cached_property
    def since(self) -> SinceSuccess | None:
        """How this run differs from the last success; None where there was none."""
        return SinceSuccess(self.services, self.last_success, self.run) if self.last_success else None

    @cached_property
    def stopped(self) -> dict[str, int]:
        """By family, how many tasks were not reached because of it."""
        counts: dict[str, int] = {}
        for row in self.table.stopped_by(self.error.task_id or ""):
            counts[row.task.family] = counts.get(row.task.family, 0) + 1
        return counts

    @cached_property
    def lines(self) -> Sequence[ShownLine]:
        """The last lines that the task has printed before; of one that has printed none, those up to the error."""
        view = self.services.logs.view(self.run.id)
        before = None if self._told is None else self._told - 1
        rows = self._last(view, LogFilter(task=self.row.task.task_id), before) if self.row else ()
        rows = rows or self._last(view, LogFilter(), self._told)
        told = (self.table.by_id.get(row.line.task or "") for row in rows)
        names = {each.task.task_id: (each.task.family, each.task.parameters) for each in told if each}
        return [shown(line, names, finder("", is_expression=False)) for line in rows]

    @cached_property
    def line(self) -> int | None:
        """The number of the newest line of the log that has the error, else of the last that is shown."""
        return self._told or (self.lines[-1].number if self.lines else None)

    @cached_property
    def _told(self) -> int | None:
        """The number of the newest line of the log that has the error."""
        message = self.error.message.strip().split("\n", 1)[0]
        told = self._last(self.services.logs.view(self.run.id), LogFilter(level="ERROR"))
        numbers = [row.number for row in told if message and message in row.line.text]
        return numbers[-1] if numbers else None

    def _last(self, view: LogView, wanted: LogFilter, number: int | None = None) -> Sequence[Row]:
        """The last lines up to the one of a number, or to the end."""
        through = sieve(wanted, {wanted.task} if wanted.task else ())
        last = view.total if number is None else number
        return view.before(last + 1, through, LINES).rows

    @cached_property
    def same(self) -> Same:
        """How often it ended the runs before."""
        wanted = RunFilter(
            pipeline=self.run.pipeline,
            location=self.run.location,
            environment=self.run.environment,
            created_before=self.run.created_at,
        )
        before = [run for run in self.services.insights.runs(wanted, limit=BEFORE).runs if run.id != self.run.id]
        alike = [run for run in before if run.error and self._is_alike(run.error)]
        return Same(len(alike), len(before), alike[-1] if alike else None)

    def _is_alike(self, other: RunError) -> bool:
        """Whether another error has the same type and begins in the same way."""
        kind, other_kind = (error.message.split(":", 1)[0][:80] for error in (self.error, other))
        return (self.error.type, kind) == (other.type, other_kind)
