"""Calendars: of which values of one parameter a pipeline is complete, straight from its targets."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trigger_service.domain.calendars import Calendar, Question
from trigger_service.domain.errors import InvalidRequest, Problem, TriggerError
from trigger_service.domain.mistakes import mend
from trigger_service.domain.plan import Fault
from trigger_service.domain.pointers import PARAMETERS
from trigger_service.domain.ranges import Range, expand, list_problems
from trigger_service.domain.run import RunRequest
from trigger_service.launchers.base import Pipeline, Planner
from trigger_service.service.plans import plan_spec
from trigger_service.service.triggers import Triggers
from trigger_service.service.turns import Asker, Turns

#: Seconds that asking all values may take.
DEADLINE_S = 30.0
#: Values that are tried until there is a task of one.
_TRIES = 3


@dataclass(frozen=True)
class Wanted:
    """Which values of which parameter: those of a range, or a list of JSON values."""

    parameter: str
    values: Range | tuple[Any, ...]


class Calendars:
    """Makes calendars, one at a time for each client. Safe for any thread."""

    def __init__(self, *, triggers: Triggers, planner: Planner, turns: Turns, deadline_s: float = DEADLINE_S) -> None:
        self._triggers = triggers
        self._planner = planner
        self._turns = turns
        self._deadline_s = deadline_s

    def make(self, request: RunRequest, wanted: Wanted, asker: Asker) -> Calendar:
        """The calendar of a request without that parameter.

        Raises what `Triggers.submit` raises for a bad request; Busy where the client has one under way, PlanEnded
        where it was ended or nobody waits for it; LaunchFailed, ZygoteUnavailable.
        """
        with self._turns.taken(asker.client) as ended:
            question = self._question(request, wanted)
            pipeline, validated = self._judged(request, question, wanted)
            spec = plan_spec(request, pipeline, validated, time.time() + self._deadline_s)
            survey = self._planner.survey(spec, validated.secrets, question, lambda: ended.is_set() or asker.gone())
        if survey.problems:
            raise InvalidRequest([_in_range(problem, wanted) for problem in survey.problems])
        if survey.refusal is not None:
            raise InvalidRequest([Problem("/pipeline", _told(survey.refusal))])
        return Calendar(spec.family, wanted.parameter, survey.items(question), survey.cut, survey.printed)

    def _question(self, request: RunRequest, wanted: Wanted) -> Question:
        """The values as they were asked for; raises InvalidRequest, also with what else is wrong with the request."""
        try:
            return Question(wanted.parameter, tuple(self._values(request, wanted)))
        except InvalidRequest as error:
            others = self._problems_besides(request, wanted.parameter)
            raise InvalidRequest([*error.problems, *others]) from error

    def _values(self, request: RunRequest, wanted: Wanted) -> Sequence[Any]:
        pipeline = self._triggers.pipeline(request)
        parameter = _parameter(pipeline, wanted.parameter)
        if wanted.parameter in request.parameters:
            detail = f"{wanted.parameter} gets its values from the range or list; leave it out here"
            raise InvalidRequest([Problem(str(PARAMETERS / wanted.parameter), detail)])
        if isinstance(wanted.values, Range):
            return expand(parameter, wanted.values, time.time())
        problems = list_problems(list(wanted.values))
        if problems:
            raise InvalidRequest(problems)
        return wanted.values

    def _judged(self, request: RunRequest, question: Question, wanted: Wanted) -> Any:
        """The pipeline and the other parameters, judged with the first value of which there is a task.

        A task may refuse some, such as the days of a weekend: it is not the request that is wrong then.
        """
        first: InvalidRequest | None = None
        for value in question.values[:_TRIES]:
            parameters = {**request.parameters, question.parameter: value}
            try:
                return self._triggers.judged(replace(request, parameters=parameters))
            except InvalidRequest as error:
                first = first or error
                if any(problem.pointer != str(PARAMETERS) for problem in error.problems):
                    break
        assert first is not None, "there is a value, and none could be judged"
        own = str(PARAMETERS / question.parameter)
        problems = [
            _in_range(replace(problem, pointer="/values/0"), wanted) if problem.pointer == own else problem
            for problem in first.problems
        ]
        raise InvalidRequest(problems) from first

    def _problems_besides(self, request: RunRequest, parameter: str) -> list[Problem]:
        """What is wrong with the request, but for that it lacks the parameter."""
        try:
            self._triggers.judged(request)
        except InvalidRequest as error:
            return [problem for problem in error.problems if problem.pointer != str(PARAMETERS / parameter)]
        except TriggerError:
            return []
        return []


def _parameter(pipeline: Pipeline, name: str) -> Mapping[str, Any]:
    """The entry of the catalogue of a parameter that may have a calendar; raises InvalidRequest."""
    known = {parameter["name"]: parameter for parameter in pipeline.parameters}
    if name not in known:
        detail = f"{pipeline.family} has no parameter {name!r}; {mend(name, known) if known else 'it has none'}"
        raise InvalidRequest([Problem("/parameter", detail)])
    if known[name]["visibility"] != "public":
        detail = f"{name} is private, and its values are never shown: a calendar would show them"
        raise InvalidRequest([Problem("/parameter", detail)])
    return known[name]


def _in_range(problem: Problem, wanted: Wanted) -> Problem:
    """The problem of one value, where it stands in the request."""
    return replace(problem, pointer="/range") if isinstance(wanted.values, Range) else problem


def _told(fault: Fault) -> str:
    place = f" ({fault.file}, line {fault.line})" if fault.file else ""
    return f"its tasks cannot be asked: {fault.type}: {fault.message}{place}"
