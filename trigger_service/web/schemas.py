"""What requests may contain. Unknown keys are refused; every field's description is in the OpenAPI document."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from trigger_service.domain.logs import LEVELS
from trigger_service.domain.place import DEFAULT
from trigger_service.domain.plan import PlanState
from trigger_service.domain.queries import LogFilter, RunFilter
from trigger_service.domain.run import IfActive, RunRequest, RunState, TaskStatus, TriggerKind
from trigger_service.service import checks
from trigger_service.service.expressions import compiled


def _pair(text: str) -> str:
    if not text.partition("=")[0] or "=" not in text:
        raise ValueError("expected NAME=VALUE")
    return text


def _expression(text: str) -> str:
    compiled(text)
    return text


Pair = Annotated[str, AfterValidator(_pair)]
Expression = Annotated[str, AfterValidator(_expression)]


def _no_number(value: Any) -> Any:
    if isinstance(value, str) and value.replace(".", "", 1).lstrip("-+").isdigit():
        raise ValueError("expected a date and a time with its zone, as 2013-01-31T12:00:00Z")
    return value


#: A number would be taken for the seconds since 1970.
Moment = Annotated[AwareDatetime, BeforeValidator(_no_number)]


def _digits(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+", value):
        raise ValueError("expected a whole number in digits")
    return value


#: In a query, where a number is a text: without this, `+5` and `5.0` would be taken for whole numbers.
Whole = Annotated[int, BeforeValidator(_digits)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Level = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
]
assert set(LEVELS) == set(get_args(get_args(Level)[0]))


class RunBody(BaseModel):
    """A request to bring one pipeline to completion."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    pipeline: str = Field(min_length=1, max_length=500, description="Task family, as GET /pipelines names it")
    module: str = Field(
        default="", max_length=500, description="The module that has it, where several have one of this name"
    )
    parameters: dict[str, Any] = Field(
        default={}, description="JSON values by parameter name; text is parsed as on the command line"
    )
    preset: str = Field(
        default="", max_length=100, description="Named parameters of the pipeline over which `parameters` are laid"
    )
    location: Name | None = Field(default=None, description="Code location; needed where two of them have the pipeline")
    environment: Name = Field(default=DEFAULT, description="Environment")
    workers: int | None = Field(
        default=None,
        ge=checks.WORKERS[0],
        le=checks.WORKERS[1],
        description="How many tasks may run at a time; left out: `[core] workers` of the project, 1 without that",
    )
    priority: int = Field(default=0, ge=checks.PRIORITY[0], le=checks.PRIORITY[1], description="Higher goes first")
    pools: list[Name] = Field(default=[], max_length=20, description="Named pools in which the run holds a slot")
    labels: dict[Name, Name] = Field(default={}, max_length=checks.LABELS, description="For finding it again")
    timeout_s: float | None = Field(
        default=None, gt=0, le=31 * 86400, allow_inf_nan=False, description="Seconds from the start of an attempt"
    )
    max_attempts: int = Field(
        default=1,
        ge=checks.ATTEMPTS[0],
        le=checks.ATTEMPTS[1],
        description="How many attempts, where attempts are lost",
    )
    if_active: IfActive = Field(
        default="run",
        description="What to do while a run of the same pipeline and parameters is active: "
        "run anyway, attach to it, or reject with 409",
    )

    def request(self) -> RunRequest:
        """The same in the domain's words."""
        return RunRequest(
            pipeline=self.pipeline,
            module=self.module,
            parameters=self.parameters,
            location=self.location,
            environment=self.environment,
            workers=self.workers,
            priority=self.priority,
            pools=tuple(self.pools),
            labels=self.labels,
            timeout_s=self.timeout_s,
            max_attempts=self.max_attempts,
            if_active=self.if_active,
            preset=self.preset,
        )


class RunPath(BaseModel):
    """Which run."""

    run_id: str = Field(description="The run's id, whole")


class PipelinePath(BaseModel):
    """Which pipeline."""

    family: str = Field(description="Task family")


class PipelinesQuery(BaseModel):
    """Whose pipelines to show."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    location: str | None = Field(default=None, description="Of this code location only")
    environment: str = Field(default=DEFAULT, description="With the defaults that hold in this environment")


class PipelineQuery(PipelinesQuery):
    """Which of several."""

    module: str = Field(default="", description="The module that has it, where several have one of this name")


class RunsQuery(BaseModel):
    """Which runs to list; everything that is given has to hold."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    state: list[RunState] = Field(default=[], description="Any of these (repeat it)")
    pipeline: str | None = Field(default=None, description="Task family")
    location: str | None = Field(default=None, description="Code location")
    environment: str | None = Field(default=None, description="Environment")
    trigger: TriggerKind | None = Field(default=None, description="Why they exist")
    label: list[Pair] = Field(default=[], description="NAME=VALUE (repeat it)")
    parameter: list[Pair] = Field(default=[], description="NAME=VALUE as Luigi writes the value (repeat it)")
    text: str | None = Field(
        default=None,
        max_length=500,
        description="Stands in id, pipeline, parameters, labels, reason or message of the error",
    )
    created_after: Moment | None = Field(default=None, description="At this moment or later")
    created_before: Moment | None = Field(default=None, description="Before this moment")
    id_prefix: str | None = Field(
        default=None,
        pattern="^[0-9a-f-]{4,36}$",
        description="The one run whose id starts so; other filters are ignored",
    )
    cursor: str | None = Field(default=None, max_length=500, description="Go on after the page that gave this out")
    limit: Whole = Field(default=50, ge=1, le=500, description="At most so many runs")

    def filter(self) -> RunFilter:
        """The same in the domain's words."""
        return RunFilter(
            states=tuple(self.state),
            pipeline=self.pipeline,
            location=self.location,
            environment=self.environment,
            trigger=self.trigger,
            labels=_pairs(self.label),
            parameters=_pairs(self.parameter),
            text=self.text,
            created_after=_seconds(self.created_after),
            created_before=_seconds(self.created_before),
        )


class TasksQuery(BaseModel):
    """Which tasks of a run to list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    status: list[TaskStatus] = Field(default=[], description="Any of these (repeat it)")


class PlanQuery(BaseModel):
    """Which tasks of a plan to list; the counts are always whole."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    state: list[PlanState] = Field(default=[], description="Any of these (repeat it)")
    limit: Whole = Field(default=1000, ge=0, le=20_000, description="The first so many")


class GraphQuery(BaseModel):
    """How much of a graph to give."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    limit: Whole = Field(default=1000, ge=0, le=20_000, description="The first so many tasks, from the root on")


class TargetsQuery(BaseModel):
    """Which outputs to list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    task: str | None = Field(default=None, description="A task id, or a family for all of its tasks")
    exists: bool | None = Field(default=None, description="Such as existed when the run knew last, or such as did not")
    limit: Whole = Field(default=1000, ge=0, le=100_000, description="The first so many")


class DiffPath(RunPath):
    """Which two runs: `a` of the answer is the first, `b` the second."""

    other_id: str = Field(description="The other run's id, whole")


class DiffQuery(BaseModel):
    """How much of a comparison to give; the counts are always whole."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    limit: Whole = Field(default=1000, ge=0, le=20_000, description="The first so many tasks that differ")


class LogQuery(BaseModel):
    """Which lines of output; everything that is given has to hold."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    level: Level | None = Field(default=None, description="The least level")
    task: str | None = Field(default=None, description="A task id, or a family for all of its tasks")
    stream: str | None = Field(default=None, description="stdout, stderr or a logger's name")
    text: str | None = Field(default=None, max_length=500, description="Stands, in any case, in the line")
    regex: Expression | None = Field(
        default=None, max_length=500, description="Matches somewhere in the line, (?i) in any case; RE2's syntax"
    )

    def filter(self) -> LogFilter:
        """The same in the domain's words."""
        return LogFilter(level=self.level, task=self.task, stream=self.stream, text=self.text, regex=self.regex)


class LogsQuery(LogQuery):
    """Which lines of output to give, and how many at a time."""

    cursor: str | None = Field(default=None, max_length=500, description="Go on after the page that gave this out")
    limit: Whole = Field(default=1000, ge=1, le=5000, description="At most so many lines")
    follow: bool = Field(default=False, description="Stream the lines as server-sent events until the run has ended")


class EventsQuery(BaseModel):
    """Where to go on in a run's events."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    after: Whole = Field(
        default=0, ge=0, le=2**53, description="Id of the last event seen; Last-Event-ID goes before it"
    )


def _pairs(texts: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
