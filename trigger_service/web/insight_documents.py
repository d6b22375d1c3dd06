"""What graphs, targets and comparisons contain, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from trigger_service.domain.run import TaskStatus
from trigger_service.web.responses import Document, RunDocument


class NodeDocument(Document):
    """A task of a graph."""

    task_id: str
    family: str
    status: TaskStatus
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None


class EdgeDocument(Document):
    """A task and one that it requires."""

    task_id: str
    requires: str


class GraphDocument(Document):
    """The tasks of a run's newest attempt and what they require of each other."""

    attempt: int = Field(description="Its number; 0 before the first")
    total: int = Field(description="How many tasks there are")
    left_out: int = Field(description="How many of them are beyond the limit")
    nodes: list[NodeDocument] = Field(description="Breadth first, from the root")
    edges: list[EdgeDocument] = Field(description="Between the tasks that are shown")


class SourceDocument(Document):
    """A target that was read."""

    url: str
    version: str = Field(description="Which version of it; empty where nobody knows")


class WrittenDocument(Document):
    """The run's last write of a target."""

    url: str = Field(description="Absolute path of a file, or a URL")
    version: str = Field(description="Tells this content from another in its place; empty where nothing does")
    size: int | None = Field(description="Bytes; null where nobody counted")
    sha256: str | None = Field(description="Null where nobody reckoned it")
    rows: int | None
    time: AwareDatetime
    observed: bool = Field(
        description="Whether the target told nothing of itself and was looked at when its task had ended"
    )
    inputs: list[SourceDocument] = Field(description="What the task has read, or requires")


class TargetDocument(Document):
    """An output that a task declares, or has written."""

    task_id: str
    family: str
    target: str = Field(description="URI, path or text")
    exists: bool | None = Field(description="Whether it existed when the run knew last; null where nothing says so")
    why: str = Field(description="What says so")
    written: WrittenDocument | None = Field(description="Null where this run has not written it")


class TargetsDocument(Document):
    """Declared outputs, and what was written besides."""

    total: int = Field(description="How many there are, with those beyond the limit")
    items: list[TargetDocument]


class DifferenceDocument(Document):
    """Something that is not the same in both runs; null where a run has none."""

    name: str = Field(description="Parts of an object have names like `parameters.month`")
    a: Any
    b: Any


class TaskSideDocument(Document):
    """A task in one of the runs."""

    task_id: str
    status: TaskStatus
    duration_s: float | None


class TaskDifferenceDocument(Document):
    """A task that is not the same in both runs; null where only the other one has it."""

    family: str
    a: TaskSideDocument | None
    b: TaskSideDocument | None
    differs: list[Literal["only_in_a", "only_in_b", "parameters", "status", "duration"]]


class TaskDifferencesDocument(Document):
    """The tasks of both runs."""

    same: int = Field(description="How many are the same")
    different: int = Field(description="How many are not, with those beyond the limit")
    items: list[TaskDifferenceDocument]


class ComparisonDocument(Document):
    """Two runs side by side."""

    a: RunDocument
    b: RunDocument
    differences: list[DifferenceDocument]
    tasks: TaskDifferencesDocument
