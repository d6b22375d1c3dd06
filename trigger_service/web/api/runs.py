"""Runs: ask for one, list, look, cancel, retry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, request

from trigger_service.domain import errors
from trigger_service.domain.errors import (
    AmbiguousPipeline,
    InvalidRequest,
    PipelineNotFound,
    Problem,
    RunNotFound,
    TriggerError,
)
from trigger_service.domain.run import Run, RunRequest
from trigger_service.service.operations import Demand
from trigger_service.web import responses
from trigger_service.web.askers import asker
from trigger_service.web.openapi import BODY_OPTIONAL, raises
from trigger_service.web.operation_documents import RetryBody
from trigger_service.web.part import Part
from trigger_service.web.rendering import attempt_json, run_json, task_json
from trigger_service.web.replies import read_reply
from trigger_service.web.schemas import RunBody, RunPath, RunsQuery, TasksQuery
from trigger_service.web.services import Services, WebConfig
from trigger_service.web.slots import LongRequests
from trigger_service.web.submissions import Waits, accepted, actor, asked_by, idempotency, preferred_wait_s
from trigger_service.web.validation import SecondOpinion, checked

#: Why a pipeline with parameters may be refused, for the OpenAPI document.
REFUSALS = (
    errors.PipelineNotFound,
    errors.UnknownPlace,
    errors.AmbiguousPipeline,
    errors.PipelineBroken,
    errors.InvalidParameters,
    errors.PipelineUnknown,
    errors.ZygoteUnavailable,
)
#: Headers of requests, for the OpenAPI document.
KEY, PREFER = (
    {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", "maxLength": 255},
    }
    for name, description in (
        ("Idempotency-Key", "The same key and body, within 7 days, give what the first request made again"),
        ("Prefer", "wait=N: wait up to N seconds for the end of the run"),
    )
)


def blueprint(services: Services, config: WebConfig, places: LongRequests) -> Part:
    """The routes."""
    api = Part("runs", __name__)
    routes = RunRoutes(services, config, places)
    judged = checked(routes.create, parameter_judge(services))
    told = raises(*REFUSALS, errors.AlreadyActive, errors.IdempotencyMismatch, parameters=[KEY, PREFER])
    api.post("/runs", responses={202: responses.RUN, 200: responses.RUN}, openapi_extensions=told)(judged)
    told = raises(errors.AmbiguousRun)
    api.get("/runs", responses={200: responses.RUNS}, openapi_extensions=told)(checked(routes.index))
    api.get("/runs/<run_id>", responses={200: responses.RUN})(checked(routes.show))
    api.get("/runs/<run_id>/tasks", responses={200: responses.TASKS})(checked(routes.tasks))
    api.get("/runs/<run_id>/attempts", responses={200: responses.ATTEMPTS})(checked(routes.attempts))
    told = raises(errors.StateConflict)
    api.post("/runs/<run_id>/cancel", responses={202: responses.RUN}, openapi_extensions=told)(checked(routes.cancel))
    refused = (errors.TaskNotFound, errors.TargetsStay, errors.TargetsInUse, errors.OperationConflict, errors.Busy)
    told = raises(*REFUSALS, errors.StateConflict, errors.PrivateValuesLost, errors.PlanEnded, *refused)
    api.post("/runs/<run_id>/retry", responses={202: responses.RUN}, openapi_extensions={**told, BODY_OPTIONAL: True})(
        checked(routes.retry, body_needed=False)
    )
    return api


class RunRoutes:
    """What each route does. The docstrings are those of the OpenAPI document."""

    def __init__(self, services: Services, config: WebConfig, places: LongRequests) -> None:
        self._services = services
        self._waits = Waits(services, config, places)
        self._places = places

    def create(self, body: RunBody) -> Response:
        """Ask for a run.

        It is accepted once it is durable: 202. An `Idempotency-Key` makes it safe to send again; `Prefer: wait=30`
        waits so many seconds for the end of the run and then answers 200 with it.
        """
        submission = self._services.triggers.submit(body.request(), asked_by(), idempotency())
        return self._waits.answer(submission, preferred_wait_s(request.headers.get("Prefer", "")))

    def index(self, query: RunsQuery) -> Response:
        """List runs, newest first."""
        if query.id_prefix is not None:
            return read_reply(
                {"items": [run_json(run) for run in self._by_prefix(query.id_prefix)], "next_cursor": None}
            )
        page = self._services.insights.runs(query.filter(), query.cursor, query.limit)
        headers = {"Link": next_link(page.next_cursor)} if page.next_cursor else None
        return read_reply({"items": [run_json(run) for run in page.runs], "next_cursor": page.next_cursor}, headers)

    def _by_prefix(self, prefix: str) -> list[Run]:
        try:
            return [self._services.insights.find(prefix)]
        except RunNotFound:
            return []

    def show(self, path: RunPath) -> Response:
        """Show a run."""
        return read_reply(run_json(self._services.insights.run(path.run_id)))

    def tasks(self, path: RunPath, query: TasksQuery) -> Response:
        """List the tasks of a run's newest attempt."""
        found = self._services.insights.tasks(path.run_id)
        shown = [task_json(task) for task in found if not query.status or task.status in query.status]
        return read_reply({"items": shown})

    def attempts(self, path: RunPath) -> Response:
        """List a run's attempts, oldest first."""
        return read_reply(
            {"items": [attempt_json(attempt) for attempt in self._services.insights.attempts(path.run_id)]}
        )

    def cancel(self, path: RunPath) -> Response:
        """Cancel a run: at once where it is queued, otherwise its processes are ended first."""
        return accepted(self._services.triggers.cancel(path.run_id, actor()))

    def retry(self, path: RunPath, body: RetryBody) -> Response:
        """Start a new run of what this one asked for; what is complete is not done again.

        With `from_task`, or `everything`, those targets are moved into the trash first, in an operation that can be
        undone (`GET /operations?run=`), and the run starts when all are moved: this is answered then. Refused as a
        whole (409) where one of them cannot be moved.
        """
        wish = body.wish(path.run_id)
        if wish is None:
            return accepted(self._services.triggers.retry(path.run_id, asked_by()))
        wanted = Demand(actor(), body.note, body.even_if_running)
        begun = self._services.operations.invalidate(wish, wanted, asker(self._places))
        return accepted(self._waits.retry_of(begun.id))


def next_link(cursor: str) -> str:
    """The `Link` header to the page after this one."""
    query = [(key, value) for key, value in request.args.items(multi=True) if key != "cursor"]
    return f'<{quote(request.script_root + request.path)}?{urlencode([*query, ("cursor", cursor)])}>; rel="next"'


def parameter_judge(services: Services) -> SecondOpinion:
    """Judges the parameters of a body that has other problems, so that the client hears of all of them at once."""

    def judge(body: Mapping[str, Any]) -> Sequence[Problem]:
        name, module, parameters = body.get("pipeline"), body.get("module", ""), body.get("parameters", {})
        if not isinstance(name, str) or not isinstance(module, str) or not isinstance(parameters, dict):
            return []
        where = {key: body[key] for key in ("location", "environment") if isinstance(body.get(key), str)}
        sent = body.get("pools", [])
        pools = tuple(pool for pool in sent if isinstance(pool, str)) if isinstance(sent, list) else ()
        try:
            services.triggers.judged(RunRequest(name, parameters, module=module, pools=pools, **where))
        except (PipelineNotFound, AmbiguousPipeline) as error:
            return [Problem("/pipeline", str(error))]
        except InvalidRequest as error:
            return error.problems
        except TriggerError:
            # the other problems are answer enough; this one comes back when they are mended
            return []
        return []

    return judge
