"""What replies contain, for the OpenAPI document; replies themselves are made by `rendering`, without pydantic."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from trigger_service.domain.plan import PlanState
from trigger_service.domain.run import AttemptState, RunState, TaskStatus, TriggerKind


class Document(BaseModel):
    """A reply; it has these members and no others."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class TriggerDocument(Document):
    """Why a run exists, and who or what pulled the trigger."""

    kind: TriggerKind
    by: str


class ProgressDocument(Document):
    """Number of tasks; `done` counts those that were complete before."""

    total: int
    done: int
    failed: int
    running: int


class ErrorDocument(Document):
    """Why a run failed."""

    type: str
    message: str
    task_id: str | None
    traceback: str | None


class CodeDocument(Document):
    """Which code a run has: until it starts, that which judged its parameters."""

    fingerprint: str = Field(description="Equal for two runs where nothing that was imported has changed between them")
    commit: str | None = Field(description="Of the git checkout it is in; null outside of one, and before the start")
    dirty: bool | None = Field(description="Whether a file that was imported is not as the commit has it")


class RunDocument(Document):
    """A run."""

    id: str
    state: RunState
    reason: str
    pipeline: str
    module: str
    parameters: dict[str, Any]
    texts: dict[str, str] = Field(description="The parameters as Luigi writes them on its command line")
    task_id: str
    location: str
    environment: str
    trigger: TriggerDocument
    labels: dict[str, str]
    priority: int
    pools: list[str]
    workers: int
    timeout_s: float | None
    max_attempts: int
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    attempts: int
    verified: bool | None
    progress: ProgressDocument
    error: ErrorDocument | None
    retry_of: str | None
    code: CodeDocument
    attached: bool = Field(default=False, description="True where if_active=attach found this run")


class RunsDocument(Document):
    """A page of runs."""

    items: list[RunDocument]
    next_cursor: str | None


class AttemptDocument(Document):
    """An attempt."""

    number: int
    state: AttemptState
    started_at: AwareDatetime
    ended_at: AwareDatetime | None
    reason: str


class AttemptsDocument(Document):
    """A run's attempts."""

    items: list[AttemptDocument]


class RaisedDocument(Document):
    """Where in the user's code a task failed, and the lines around, of which `first` is the number of the first."""

    file: str
    line: int
    function: str
    first: int
    #: Empty where the file has been changed since the run began.
    lines: list[str]


class TaskDocument(Document):
    """A task execution."""

    attempt: int
    task_id: str
    family: str
    status: TaskStatus
    parameters: dict[str, str]
    dependencies: list[str]
    outputs: list[str]
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    pid: int | None
    executions: int
    progress: float | None
    message: str | None
    tracking_url: str | None
    explanation: str | None
    waiting_for: str | None
    #: Who did it, where another did: `run ID`, or `HOST pid N`; empty where it is not known who, null where none did.
    done_by: str | None
    raised: RaisedDocument | None
    #: Seconds of processors, and bytes of memory at most, of its last execution.
    cpu_s: float | None
    peak_bytes: int | None


class TasksDocument(Document):
    """A run's tasks."""

    items: list[TaskDocument]


class SpanDocument(Document):
    """A duration in seconds: the middle, the tenth and the ninetieth percentile of so many samples."""

    seconds: float
    low: float
    high: float
    samples: int


class FaultDocument(Document):
    """What a task raised when it was asked, and where in its code."""

    task_id: str
    method: str
    type: str
    message: str
    file: str
    line: int
    traceback: str


class PlannedTaskDocument(Document):
    """A task of a plan."""

    task_id: str
    family: str
    state: PlanState
    why: str
    parameters: dict[str, str]
    requires: list[str] = Field(description="Those of a complete task are not looked at")
    outputs: list[str]
    blocked_by: list[str] = Field(description="What it waits for in vain: missing external data, what cannot run")
    run_id: str | None = Field(description="The live run that builds it")
    error: FaultDocument | None
    expected: SpanDocument | None = Field(description="How long tasks of its family took")


class ExpectationDocument(Document):
    """How long the run would take, by the history of its tasks, or else of the pipeline's runs."""

    basis: Literal["tasks", "runs", "nothing to run", "no history"]
    span: SpanDocument | None
    without_history: list[str] = Field(description="Families that would run; with basis `tasks`, `span` lacks them")


class PlanDocument(Document):
    """What a run would do now."""

    pipeline: str
    task_id: str
    parameters: dict[str, Any]
    cut: str = Field(description="Why the plan is not whole; empty where it is")
    refusal: FaultDocument | None = Field(description="Why Luigi would refuse the run as a whole")
    total: int
    counts: dict[PlanState, int] = Field(description="Of the whole plan, whatever is listed")
    expected: ExpectationDocument
    blockers: list[PlannedTaskDocument] = Field(description="What keeps others from running; the first 100")
    tasks: list[PlannedTaskDocument] = Field(description="In the order in which they would run")
    printed: str = Field(description="The beginning of what the tasks printed while they were asked")


class LogLineDocument(Document):
    """A line of output."""

    time: AwareDatetime
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    stream: str
    task: str | None
    pid: int | None
    text: str


class LogsDocument(Document):
    """A page of lines."""

    items: list[LogLineDocument]
    next_cursor: str
    complete: bool


class RangeableDocument(Document):
    """Which periods of the calendar a parameter takes."""

    unit: str = Field(description="The format of its schema; `date-interval` is counted as the bounds of a range are")
    every: int = Field(description="It takes every so many periods")
    origin: str | None = Field(description="A period that it takes; others are rounded down to the one before")


class ParameterDocument(Document):
    """A parameter of a pipeline."""

    name: str
    type: str = Field(description="Its class in Luigi, or the user's own")
    json_schema: dict[str, Any] = Field(
        alias="schema", description="JSON Schema of its values; the command line's text is accepted for any of them"
    )
    required: bool
    description: str
    expectation: str = Field(description="What is expected, in words and by example")
    significant: bool = Field(description="Whether tasks that differ in it are different tasks")
    visibility: Literal["public", "hidden", "private"] = Field(description="Values of those not public are never shown")
    positional: bool
    batch: bool = Field(description="Whether Luigi may join tasks that differ in it only")
    range: RangeableDocument | None = Field(description="Null where no range can be laid over it")


class PipelineDocument(Document):
    """A pipeline."""

    family: str
    module: str
    parameters: list[ParameterDocument]
    doc: str
    required_by: list[str]
    root: bool
    owner: str
    tags: list[str]
    file: str
    line: int
    cold: str = Field(description="Why its runs start in a fresh interpreter; empty where they do not")
    remark: str = Field(
        description="What has to be said of its module's import and of defaults that cannot be used; empty for most"
    )
    stale: str = Field(
        description="Why it cannot be triggered now: its code was changed and is broken, and this is "
        "how it was last; empty where it can"
    )
    location: str


class BrokenDocument(Document):
    """A module that cannot be imported, or of which a part cannot be offered."""

    module: str
    reason: str
    traceback: str
    late: bool = Field(description="Whether it has only not answered in time, and may be whole.")


class PipelinesDocument(Document):
    """All pipelines."""

    items: list[PipelineDocument]
    broken: list[BrokenDocument]


class ProblemEntry(Document):
    """One thing wrong with a request: a JSON pointer into the body, `?name` for the query, or a header's name."""

    pointer: str
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemEntry]
    request_id: str


RUN, RUNS, ATTEMPTS, TASKS, LOGS = RunDocument, RunsDocument, AttemptsDocument, TasksDocument, LogsDocument
PIPELINE, PIPELINES = PipelineDocument, PipelinesDocument
PLAN = PlanDocument
_TEXT = {"type": "string"}
#: One event of a stream; its `data` is JSON.
_EVENT = {"type": "object", "properties": {"event": _TEXT, "id": _TEXT, "data": _TEXT}, "required": ["data"]}
EVENTS: dict[str, Any] = {"description": "Server-sent events", "content": {"text/event-stream": {"schema": _EVENT}}}
#: So that the document has the schema; which problems a route tells of is added by `openapi.completed`.
PROBLEMS: dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None] = {"400": ProblemDocument}
