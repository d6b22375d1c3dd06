"""What can be done with one run: it is cancelled, or retried, whole or from a task on, with its plan shown first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, g, redirect, request
from werkzeug.wrappers import Response

from trigger_service.domain.access import allows
from trigger_service.domain.errors import Conflict, InvalidRequest, Problem, ScopeMissing
from trigger_service.domain.operations import Affected
from trigger_service.domain.run import FINAL, Run, TaskExecution, Trigger
from trigger_service.service.operations import Demand, Wish
from trigger_service.web.askers import asker
from trigger_service.web.operation_documents import RetryBody
from trigger_service.web.pages.moves import Moves
from trigger_service.web.pages.page import FRAME, asks_for_frame_only, page
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor, asked_by
from trigger_service.web.validation import of_form

#: Tasks to choose from that are listed.
_CHOICES = 500
_SCOPES = ("missing", "task", "everything")


@dataclass(frozen=True, kw_only=True)
class Proposal(Moves):
    """A retry that moves targets first, as its page has it."""

    SHOWN = 40
    run: Run
    #: The task to begin with; empty for everything.
    task: str

    @property
    def kept(self) -> tuple[Affected, ...]:
        """External data, which stays."""
        return self.found.of("kept")

    @property
    def stuck(self) -> tuple[Affected, ...]:
        """What refuses everything."""
        return self.found.of("cannot")

    @property
    def possible(self) -> bool:
        """Whether it can be done; live runs stand in the way only of who does not insist."""
        return not (self.stuck or self.found.operations or self.found.cut)


def add_routes(pages: Blueprint, services: Services) -> None:
    """`POST /runs/ID/cancel`; `POST /runs/ID/retry` (`scope`: missing, task, everything), whose GET is the plan."""

    @pages.post("/runs/<run_id>/cancel")
    def cancel_run(run_id: str) -> Response:
        services.triggers.cancel(run_id, actor("form"))
        return redirect(f"/runs/{run_id}", 303)

    @pages.get("/runs/<run_id>/retry")
    def plan_retry(run_id: str) -> Response:
        # looking at targets takes a process: as in the API, it is not for who may only read
        if not allows(g.credential.scope, "run"):
            raise ScopeMissing(name=g.credential.name, held=g.credential.scope, needed="run")
        return _plan(services, run_id, request.args.get("scope", "task"), request.args.get("task", ""))

    @pages.post("/runs/<run_id>/retry")
    def retry_run(run_id: str) -> Response:
        sent = request.form
        scope, task = sent.get("scope", "missing"), sent.get("task", "")
        if scope not in _SCOPES:
            raise InvalidRequest([Problem("/scope", f"Expected one of {', '.join(_SCOPES)}, not {scope[:80]!r}.")])
        told: dict[str, Any] = {"everything": scope == "everything", "even_if_running": "even_if_running" in sent}
        if scope == "task":
            told["from_task"] = task
        body = of_form(RetryBody, {**told, "note": sent.get("note", "").strip()})
        wish = body.wish(run_id)
        if wish is None:
            made = services.triggers.retry(run_id, Trigger("form", asked_by().by))
            return redirect(f"/runs/{made.id}", 303)
        demand = Demand(actor("form"), body.note, body.even_if_running)
        try:
            begun = services.operations.invalidate(wish, demand, asker(current_app.extensions["long_requests"]))
        except Conflict as conflict:
            return _plan(services, run_id, scope, task, status=409, refused=str(conflict))
        return redirect(f"/operations/{begun.id}", 303)


def _plan(services: Services, run_id: str, scope: str, task: str, *, status: int = 200, refused: str = "") -> Response:
    """What a retry would move; or the tasks from which one can begin, where none is chosen yet."""
    if asks_for_frame_only():
        return page(FRAME, "runs")
    run = services.insights.find(run_id)
    if run.state not in FINAL or (scope == "task" and not task):
        choices = services.insights.tasks(run.id) if run.state in FINAL else []
        return page("retry_from.html", "runs", status, run=run, tasks=_ordered(choices), refused=refused)
    wish = Wish(run_id=run.id, from_task=task if scope == "task" else None)
    found = services.operations.consequences(wish, asker(current_app.extensions["long_requests"]))
    proposal = Proposal(run=run, task=wish.from_task or "", found=found)
    note = request.form.get("note", "")
    return page("retry_run.html", "runs", status, run=run, proposal=proposal, refused=refused, note=note)


def _ordered(tasks: list[TaskExecution]) -> list[TaskExecution]:
    """Those that a person retries from: what failed first, then as they were discovered."""
    return sorted(tasks, key=lambda task: task.status not in ("failed", "disabled", "unknown"))[:_CHOICES]
