"""Two runs compared: what was asked for, the code, durations, tasks, targets, and what only one of them printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from trigger_service.domain.comparison import Comparison, Difference, TaskDifference, compare, duration_s
from trigger_service.domain.queries import LogFilter, RunFilter
from trigger_service.domain.run import Run, TaskExecution
from trigger_service.domain.urls import shown_url
from trigger_service.service.logview import Row
from trigger_service.web.pages import side_by_side
from trigger_service.web.pages.exports import as_file
from trigger_service.web.pages.new_lines import NewLine, only_lines
from trigger_service.web.pages.page import page
from trigger_service.web.pages.side_by_side import FamilyRow, TargetRow
from trigger_service.web.services import Services

#: Lines of each log that are looked at, its last ones; rows of each table, before and after all are asked for.
LINES, FEW, MANY = 2000, 15, 500
#: Runs to choose from.
CHOICES = 30
_COLUMNS = ("what", "name", "a", "b")


class Compared:
    """What the template asks for; what it does not ask for costs nothing. `a` stands left."""

    def __init__(self, services: Services, a: Run, b: Run) -> None:
        self._services = services
        self.a = a
        self.b = b

    @cached_property
    def _tasks(self) -> tuple[list[TaskExecution], list[TaskExecution]]:
        return self._services.insights.outlines(self.a), self._services.insights.outlines(self.b)

    @cached_property
    def comparison(self) -> Comparison:
        """Everything that differs."""
        return compare(self.a, self._tasks[0], self.b, self._tasks[1])

    @property
    def took(self) -> tuple[float | None, float | None]:
        """Seconds of both."""
        one, other = (duration_s(run.started_at, run.finished_at) for run in (self.a, self.b))
        return one, other

    @property
    def differences(self) -> list[Difference]:
        """Those that stand nowhere else on the page."""
        rest = (each for each in self.comparison.differences if each.name not in ("duration_s", "error"))
        return [each for each in rest if not each.name.startswith("parameters.")]

    @property
    def parameters(self) -> list[tuple[str, str | None, str | None]]:
        """All of them, as Luigi writes them: those that differ first."""
        names = dict.fromkeys((*self.a.texts, *self.b.texts))
        rows = [(name, self.a.texts.get(name), self.b.texts.get(name)) for name in names]
        return sorted(rows, key=lambda row: row[1] == row[2])

    @property
    def families(self) -> list[FamilyRow]:
        """Durations."""
        return side_by_side.families(*self._tasks)

    @property
    def tasks(self) -> Sequence[TaskDifference]:
        """Those that differ in more than their durations: those of both first."""
        differ = (task for task in self.comparison.tasks if task.differs != ("duration",))
        return sorted(differ, key=lambda task: task.a is None or task.b is None)

    @cached_property
    def targets(self) -> list[TargetRow]:
        """What they wrote."""
        one, other = (self._services.targets.of_run(run.id) for run in (self.a, self.b))
        return side_by_side.targets(one, other)

    @cached_property
    def lines(self) -> tuple[Sequence[Row], Sequence[Row]]:
        """The last lines of both logs."""
        one, other = (self._lines(run.id) for run in (self.a, self.b))
        return one, other

    @cached_property
    def only(self) -> tuple[list[NewLine], list[NewLine]]:
        """What only the first has printed, and what only the second."""
        return only_lines(*self.lines)

    @cached_property
    def others(self) -> Sequence[Run]:
        """Runs of the pipeline to compare with."""
        return recent(self._services, self.b)

    def everything(self) -> list[tuple[Any, ...]]:
        """Rows of a file."""
        found = self.comparison
        rows: list[tuple[Any, ...]] = [("run", each.name, each.a, each.b) for each in found.differences]
        for task in found.tasks:
            sides = (asdict(side) if side else None for side in (task.a, task.b))
            rows.append(("task", f"{task.family}: {', '.join(task.differs)}", *sides))
        return rows

    def _lines(self, run_id: str) -> Sequence[Row]:
        logs = self._services.logs
        view = logs.view(run_id)
        return view.before(view.total + 1, logs.sieve(run_id, LogFilter()), LINES).rows


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /compare/A/B`; `GET /compare/A` lets one choose, and `GET /compare?run=A&run=B` leads to either."""
    insights = services.insights

    @pages.get("/compare")
    def choose_compared() -> Response:
        named = list(dict.fromkeys(request.args.getlist("run")))
        found = sorted((insights.find(name) for name in named[:2]), key=lambda run: (run.created_at, run.id))
        if len(named) in (1, 2):
            return redirect("/".join(["/compare", *(run.id for run in found)]), 302)
        return page("compare_choose.html", "runs", chosen=None, count=len(named), others=[])

    @pages.get("/compare/<run_id>")
    def choose_other(run_id: str) -> Response:
        run = insights.find(run_id)
        others = [other for other in recent(services, run) if other.id != run.id]
        return page("compare_choose.html", "runs", chosen=run, count=1, others=others)

    @pages.get("/compare/<run_id>/<other_id>")
    def compare_runs(run_id: str, other_id: str) -> Response:
        compared = Compared(services, insights.find(run_id), insights.find(other_id))
        if "as" in request.args:
            name = f"compare-{compared.a.id[:13]}-{compared.b.id[:13]}"
            return as_file(request.args["as"], name, _COLUMNS, compared.everything())
        return page(
            "compare.html",
            "runs",
            compared=compared,
            most=MANY if "all" in request.args else FEW,
            looked=LINES,
            seconds_of=side_by_side.seconds_of,
            shown_url=shown_url,
        )


def recent(services: Services, run: Run) -> Sequence[Run]:
    """The last runs of its pipeline, in its place."""
    wanted = RunFilter(pipeline=run.pipeline, location=run.location, environment=run.environment)
    return services.insights.runs(wanted, None, CHOICES, reach=5000).runs
