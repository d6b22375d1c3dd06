"""Plans: what a run would do now, with what other runs build and how long such tasks took before."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import cache

from sqlalchemy import Connection

from trigger_service.domain.errors import PrivateValuesLost
from trigger_service.domain.ids import uuid7
from trigger_service.domain.plan import Builder, Expectation, Plan, PlannedTask, Span, Walk
from trigger_service.domain.run import RunRequest
from trigger_service.domain.spec import RunSpec
from trigger_service.launchers.base import Pipeline, Planner, Validated
from trigger_service.service.arrangement import arrange
from trigger_service.service.expectation import BUSY, expect, span, with_history
from trigger_service.service.turns import Turns
from trigger_service.store import executions, runs
from trigger_service.store.engine import Database

#: Seconds that asking the tasks of a plan may take.
DEADLINE_S = 10.0
#: How many of the newest tasks of a family, and runs of a pipeline, are its history.
TASKS_OF_HISTORY, RUNS_OF_HISTORY = 50, 20

#: Finds a request's pipeline and judges its parameters.
Judge = Callable[[RunRequest], tuple[Pipeline, Validated]]
#: Gives a run's private values by its id; raises PrivateValuesLost.
SecretsOf = Callable[[str], Mapping[str, str]]


class Plans:
    """Makes plans, one at a time for each client. Safe for any thread."""

    def __init__(
        self,
        *,
        database: Database,
        planner: Planner,
        judge: Judge,
        secrets_of: SecretsOf,
        turns: Turns,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._secrets_of = secrets_of
        self._database = database
        self._planner = planner
        self._judge = judge
        self._turns = turns
        self._deadline_s = deadline_s

    def make(self, request: RunRequest, client: str, gone: Callable[[], bool]) -> Plan:
        """The plan of a request; `gone` says when nobody waits for it any more.

        Raises what `Triggers.submit` raises for a bad request; Busy where the client has one under way, PlanEnded
        where it was ended or nobody waits for it; LaunchFailed, ZygoteUnavailable.
        """
        with self._turns.taken(client) as ended:
            pipeline, validated = self._judge(request)
            # from here on: changed code may have had to be imported, which has a limit of its own
            spec = plan_spec(request, pipeline, validated, time.time() + self._deadline_s)
            walk = self._planner.walk(spec, validated.secrets, lambda: ended.is_set() or gone())
            return self._plan(spec, validated, walk)

    def _plan(self, spec: RunSpec, validated: Validated, walk: Walk) -> Plan:
        tasks = arrange(walk, self._builders(spec, walk, validated.secrets))
        with self._database.read() as connection:
            tasks = with_history(tasks, _history(connection, tasks))
            took = span(runs.durations(connection, spec.family, RUNS_OF_HISTORY))
        return Plan(
            pipeline=spec.family,
            task_id=validated.task_id,
            parameters=validated.parameters,
            tasks=tuple(tasks),
            expectation=_expectation(tasks, took, validated.workers, walk),
            cut=walk.cut,
            refusal=walk.refusal,
            printed=walk.printed,
        )

    def _builders(self, spec: RunSpec, walk: Walk, secrets: Mapping[str, str]) -> dict[str, Builder]:
        """By task id the live run that builds it, one that is at it before one that is going to."""
        with self._database.read() as connection:
            under_way = executions.under_way(connection, spec.location, spec.environment)
        private = {finding.task_id for finding in walk.findings if finding.private}
        is_alike = cache(lambda run_id: self._has(run_id, secrets))
        builders: dict[str, Builder] = {}
        for task_id, run_id, running in under_way:
            if task_id in private and not is_alike(run_id):
                continue
            if task_id not in builders or (running and not builders[task_id].running):
                builders[task_id] = Builder(run_id, running)
        return builders

    def _has(self, run_id: str, secrets: Mapping[str, str]) -> bool:
        """Whether a run was given these private values."""
        try:
            return dict(self._secrets_of(run_id)) == dict(secrets)
        except PrivateValuesLost:
            return False


def plan_spec(request: RunRequest, pipeline: Pipeline, validated: Validated, deadline: float) -> RunSpec:
    """What a plan child is told."""
    return RunSpec(
        run_id=uuid7(time.time(), os.urandom(10)),
        attempt=0,
        module=pipeline.module,
        family=pipeline.family,
        parameters=validated.texts,
        scheduler_url="",
        location=pipeline.location,
        environment=request.environment,
        deadline=deadline,
    )


def _history(connection: Connection, tasks: list[PlannedTask]) -> dict[str, Span | None]:
    families = {task.family for task in tasks if task.state in BUSY}
    return {family: span(executions.durations(connection, family, TASKS_OF_HISTORY)) for family in families}


def _expectation(tasks: list[PlannedTask], took: Span | None, workers: int, walk: Walk) -> Expectation:
    """How long the run would take; of a tree that is not known as a whole only other runs can tell."""
    if walk.cut:
        return Expectation("runs", took) if took else Expectation("no history")
    return expect(tasks, took, workers)
