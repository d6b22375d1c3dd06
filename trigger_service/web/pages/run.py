"""The page of a run: how it goes and why, its tasks as graph, timeline and table, what it wrote, its attempts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote_plus, urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from trigger_service.domain.queries import JournalRow
from trigger_service.domain.run import FINAL, LIVE, Attempt, Run, TaskExecution
from trigger_service.domain.target_writes import TargetWrite
from trigger_service.domain.urls import shown_url
from trigger_service.web.pages.addresses import target_address
from trigger_service.web.pages.exports import as_file
from trigger_service.web.pages.failure import Failure
from trigger_service.web.pages.gantt import Gantt, Times, gantt
from trigger_service.web.pages.graph import Graph, graph
from trigger_service.web.pages.log import LOG
from trigger_service.web.pages.logpanel import LogPanel
from trigger_service.web.pages.outlook import Outlook, outlook, starts
from trigger_service.web.pages.page import page
from trigger_service.web.pages.run_facts import Pulled, Why, commands, prefill, process, pulled, why
from trigger_service.web.pages.task_rows import TaskRow, TaskTable
from trigger_service.web.replies import iso
from trigger_service.web.services import Services

#: Rows of the table of tasks, before and after all are asked for; of targets and of changes of state.
FEW, MANY, TARGETS, CHANGES = 15, 500, 8, 30
#: What the address says of the log and keeps with another choice.
_OF_LOG = ("level", "stream", "q", "re", "show", "wrap")
#: Columns of the tasks as a file.
_COLUMNS = (
    "task_id", "family", "parameters", "status", "started_at", "finished_at", "executions", "cpu_s", "peak_bytes",
    "outputs",
)  # fmt: skip


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /runs/ID`; an id may be shortened while it is that of one run only."""

    @pages.get("/runs/<run_id>")
    def run(run_id: str) -> Response:
        found = services.insights.find(run_id)
        if found.id != run_id:
            query = request.query_string.decode("ascii", "replace")
            return redirect(f"/runs/{found.id}" + (f"?{query}" if query else ""), 302)
        view = RunView(services, found, Asked.of_request(), time.time())
        if "as" in request.args:
            return as_file(request.args["as"], f"tasks-{found.id}", _COLUMNS, map(_cells, view.table.tasks))
        log = LogPanel(services.logs, found, request.args)
        return page("run.html", "runs", within=[LOG], run=found, view=view, log=log)


def _cells(task: TaskExecution) -> list[Any]:
    """A task as a row of a file."""
    told = {
        "started_at": iso(task.started_at),
        "finished_at": iso(task.finished_at),
        "outputs": [shown_url(output) for output in task.outputs],
    }
    return [told.get(name, getattr(task, name)) for name in _COLUMNS]


@dataclass(frozen=True)
class Asked:
    """What the address of the page says."""

    #: The chosen task, or family of tasks; empty for none.
    task: str = ""
    #: Only tasks of this state.
    state: str = ""
    #: Families whose tasks the graph and the timeline show each alone; `*` for all.
    opened: tuple[str, ...] = ()
    #: Lists that are shown whole: `tasks`, `targets`.
    whole: tuple[str, ...] = ()
    #: What else it says, of the log.
    rest: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_request(cls) -> Asked:
        """What this request says."""
        args = request.args
        return cls(
            task=args.get("task", ""),
            state=args.get("state", ""),
            opened=tuple(args.getlist("open")),
            whole=tuple(args.getlist("all")),
            rest=tuple((name, args[name]) for name in _OF_LOG if args.get(name)),
        )

    def link(self, part: str = "", **changes: Any) -> str:
        """The address with other choices, at one part of the page."""
        own = {"task": self.task, "state": self.state, "open": self.opened, "all": self.whole}
        said = {**own, **dict(self.rest), **changes}
        query = urlencode({name: value for name, value in said.items() if value}, doseq=True)
        return f"?{query}" + (f"#{part}" if part else "")

    def choose(self, task: str, part: str) -> str:
        """The address with another chosen task; pages have thousands of these."""
        return f"?task={quote_plus(task)}{self._others}#{part}"

    @cached_property
    def _others(self) -> str:
        others = self.link(task="")[1:]
        return f"&{others}" if others else ""


class RunView:
    """What the template asks for; what it does not ask for costs nothing."""

    def __init__(self, services: Services, run: Run, asked: Asked, now: float) -> None:
        self._services = services
        self.run = run
        self.asked = asked
        self.now = now

    @property
    def is_live(self) -> bool:
        """Whether something of it may still run."""
        return self.run.state in LIVE

    @property
    def is_over(self) -> bool:
        """Whether it can change no more."""
        return self.run.state in FINAL

    @property
    def took(self) -> float | None:
        """Seconds from its first start to its end."""
        if self.run.started_at is None or self.run.finished_at is None:
            return None
        return self.run.finished_at - self.run.started_at

    @cached_property
    def table(self) -> TaskTable:
        """The tasks of the newest attempt."""
        tasks = self._services.insights.tasks(self.run.id)
        began = self.run.started_at or self.run.created_at
        medians = self._services.history.medians((task.family for task in tasks), began)
        return TaskTable(self.run, tasks, medians, self.now, self.asked.task)

    @cached_property
    def graph(self) -> Graph:
        """The tasks and what they need, as a picture."""
        return graph(self.table, self.asked.opened)

    @cached_property
    def gantt(self) -> Gantt:
        """The tasks over time, as a picture."""
        rows = list(self.table.by_id.values())
        again = [row.task.task_id for row in rows if row.task.executions > 1]
        times = Times(
            began=self.run.started_at or self.now,
            ended=self.run.finished_at or self.now,
            is_live=self.is_live,
            starts=starts(rows, self.now) if self.is_live else {},
            tries=self._services.history.tries(self.run.id, self.run.attempt, again),
        )
        return gantt(self.table, times, self.asked.opened)

    @cached_property
    def rows(self) -> Sequence[TaskRow]:
        """Those of the table of tasks."""
        return self.table.rows(self.asked.state, MANY if "tasks" in self.asked.whole or self.asked.state else FEW)

    @cached_property
    def chosen(self) -> Sequence[TaskRow]:
        """The chosen tasks."""
        return [self.table.by_id[task_id] for task_id in self.table.selected]

    @cached_property
    def usual(self) -> float | None:
        """Seconds that runs of this pipeline take in the middle."""
        return self._services.history.run_median(self.run.pipeline, self.run.created_at)

    @cached_property
    def failure(self) -> Failure | None:
        """Why it failed; None where it did not."""
        if self.run.state != "failed" or self.run.error is None:
            return None
        return Failure(self._services, self.run, self.run.error, self.table, self.last_success)

    @property
    def outlook(self) -> Outlook:
        """When it is expected to end."""
        return outlook(self.run, list(self.table.by_id.values()), self.usual, self.now)

    @property
    def why(self) -> Why:
        """Why it is in its state."""
        return why(self.run, self.table, self.usual, self.now)

    @property
    def pulled(self) -> Pulled:
        """What pulled its trigger."""
        return pulled(self.run)

    @cached_property
    def last_success(self) -> Run | None:
        """The newest run of the pipeline that succeeded before this one was asked for."""
        return self._services.history.last_success(self.run)

    @cached_property
    def retries(self) -> list[str]:
        """Ids of the runs that retry this one, newest first."""
        return self._services.history.retries(self.run.id)

    @cached_property
    def attempts(self) -> list[Attempt]:
        """All attempts, oldest first."""
        return self._services.insights.attempts(self.run.id)

    @property
    def process(self) -> str:
        """Where its newest attempt runs."""
        return process(self.run, self.attempts)

    @cached_property
    def changes(self) -> list[JournalRow]:
        """The newest changes of its state and notes, newest first."""
        return self._services.history.states(self.run.id, CHANGES)

    @property
    def commands(self) -> dict[str, str]:
        """Commands that repeat it."""
        return commands(self.run)

    @property
    def prefill(self) -> str:
        """The query with which the form of its pipeline has its values."""
        return prefill(self.run)

    @cached_property
    def written(self) -> int:
        """How often the run has written a target."""
        return self._services.targets.count_of_run(self.run.id)

    @cached_property
    def targets(self) -> list[tuple[TargetWrite, str, str]]:
        """What it has written, newest first, as many as are listed: each write, what it is called, and its page."""
        most = MANY if "targets" in self.asked.whole else TARGETS
        found = self._services.targets.page("", None, self.run.id, None, most).writes
        return [(write, shown_url(write.url), target_address(write.url, write.id)) for write in found]
