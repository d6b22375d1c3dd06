"""The catalogue of targets: what requests and replies contain, and how replies are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from trigger_service.domain.lineage import MOST_NODES, MOST_STEPS, Direction, Lineage, Node, State
from trigger_service.domain.operations import Operation
from trigger_service.domain.target_writes import LONGEST, TargetWrite
from trigger_service.domain.urls import shown_url
from trigger_service.service.target_catalogue import TargetHistory, TargetPage
from trigger_service.web.rendering import run_json
from trigger_service.web.replies import iso
from trigger_service.web.responses import CodeDocument, Document, RunDocument
from trigger_service.web.schemas import Whole

#: How a target may be named.
_NAMED = "whole or as it is shown"


class CatalogueQuery(BaseModel):
    """Which writes to list; everything that is given has to hold."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    q: str = Field(default="", max_length=500, description="Stands in the URL, or in the family of the task")
    pipeline: str | None = Field(default=None, description="Task family that the run was asked for")
    run: str | None = Field(default=None, max_length=100, description="Everything that this run has written")
    cursor: str | None = Field(default=None, max_length=500, description="Go on after the page that gave this out")
    limit: Whole = Field(default=50, ge=1, le=500, description="At most so many")


class HistoryQuery(BaseModel):
    """Which target."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    url: str = Field(min_length=1, max_length=LONGEST, description=f"Its URL, {_NAMED}; the absolute path of a file")
    limit: Whole = Field(default=20, ge=0, le=1000, description="At most so many earlier writes")


class LineageQuery(BaseModel):
    """How far to look, and where."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    url: str = Field(
        min_length=1, max_length=LONGEST, description=f"The target's URL, {_NAMED}; the absolute path of a file"
    )
    direction: Direction = Field(default="both", description="What it was made from, what was made of it, or both")
    depth: Whole = Field(default=10, ge=1, le=MOST_STEPS, description="At most so many steps")
    limit: Whole = Field(default=500, ge=1, le=MOST_NODES, description="At most so many nodes")


class WriteDocument(Document):
    """One write of one target."""

    url: str = Field(description="Absolute path of a file, or a URL, without what of it is a secret")
    version: str = Field(description="Tells this content from another in its place; empty where nothing does")
    current: bool = Field(description="Whether nothing newer is known of this URL")
    time: AwareDatetime
    run_id: str = Field(description="May be that of a run that has been deleted since")
    attempt: int
    task_id: str
    family: str
    parameters: dict[str, str] = Field(description="Public ones, as Luigi writes them")
    pipeline: str = Field(description="What the run was asked for")
    location: str
    environment: str
    code: CodeDocument
    size: int | None = Field(description="Bytes; null where nobody counted")
    sha256: str | None = Field(description="Null where nobody reckoned it")
    rows: int | None
    observed: bool = Field(
        description="Whether the target told nothing of itself and was looked at when its task had ended"
    )


class CatalogueDocument(Document):
    """Writes, the one told last first."""

    items: list[WriteDocument]
    next_cursor: str | None


class InputDocument(Document):
    """What a write has read."""

    url: str
    version: str
    state: State = Field(description="Of what was read: whether it is still what is known to be there")
    run_id: str | None = Field(description="Which run had written it; null where that is not on record")
    task_id: str | None


class HeldDocument(Document):
    """The operation in whose trash a target waits."""

    operation_id: str
    moved_at: AwareDatetime
    expires_at: AwareDatetime | None = Field(
        description="When it is deleted for good; null for never, or not yet known"
    )


class TargetHistoryDocument(Document):
    """What is known of a target."""

    url: str
    newest: WriteDocument
    inputs: list[InputDocument] = Field(description="What the newest write has read")
    earlier: list[WriteDocument] = Field(description="Newest first")
    run: RunDocument | None = Field(description="Of the newest write; null where it has been deleted")
    trash: HeldDocument | None = Field(description="Where what was taken away waits; null where nothing does")


class LineageNodeDocument(Document):
    """A target as it was at a time."""

    id: int
    url: str
    version: str
    state: State
    run_id: str | None
    task_id: str | None
    family: str | None
    time: AwareDatetime | None
    observed: bool | None


class LineageEdgeDocument(Document):
    """What was made from what, by the ids of nodes."""

    source: int = Field(description="What was read")
    made: int = Field(description="What was made of it")


class LineageDocument(Document):
    """A graph of targets; its first node is the one that was asked about."""

    url: str
    nodes: list[LineageNodeDocument]
    edges: list[LineageEdgeDocument]
    cut: bool = Field(description="Whether there is more beyond the limits")


def write_json(write: TargetWrite) -> dict[str, Any]:
    """A write without its inputs."""
    return {
        "url": shown_url(write.url),
        "version": write.version,
        "current": write.current,
        "time": iso(write.time),
        "run_id": write.run_id,
        "attempt": write.attempt,
        "task_id": write.task_id,
        "family": write.family,
        "parameters": dict(write.parameters),
        "pipeline": write.pipeline,
        "location": write.location,
        "environment": write.environment,
        "code": {"fingerprint": write.code_fingerprint, "commit": write.code_commit, "dirty": write.code_dirty},
        "size": write.size,
        "sha256": write.sha256 or None,
        "rows": write.rows,
        "observed": write.observed,
    }


def page_json(page: TargetPage) -> dict[str, Any]:
    """A page of writes."""
    return {"items": [write_json(write) for write in page.writes], "next_cursor": page.next_cursor}


def history_json(history: TargetHistory) -> dict[str, Any]:
    """What is known of a target."""
    return {
        "url": shown_url(history.newest.url),
        "newest": write_json(history.newest),
        "inputs": [_input_json(node) for node in history.inputs],
        "earlier": [write_json(write) for write in history.earlier],
        "run": run_json(history.run) if history.run else None,
        "trash": _held_json(history.trash) if history.trash else None,
    }


def lineage_json(lineage: Lineage) -> dict[str, Any]:
    """A graph, its nodes numbered."""
    ids = {key: number for number, key in enumerate(lineage.nodes)}
    nodes: Sequence[Node] = tuple(lineage.nodes.values())
    return {
        "url": shown_url(nodes[0].url),
        "nodes": [{"id": ids[node.key], **_node_json(node)} for node in nodes],
        "edges": [{"source": ids[source], "made": ids[made]} for source, made in lineage.edges],
        "cut": lineage.cut,
    }


def _held_json(operation: Operation) -> dict[str, Any]:
    times = {"moved_at": iso(operation.created_at), "expires_at": iso(operation.expires_at)}
    return {"operation_id": operation.id, **times}


def _input_json(node: Node) -> dict[str, Any]:
    told = _node_json(node)
    return {name: told[name] for name in ("url", "version", "state", "run_id", "task_id")}


def _node_json(node: Node) -> dict[str, Any]:
    write = node.write
    return {
        "url": shown_url(node.url),
        "version": node.version,
        "state": node.state,
        "run_id": write.run_id if write else None,
        "task_id": write.task_id if write else None,
        "family": write.family if write else None,
        "time": iso(write.time) if write else None,
        "observed": write.observed if write else None,
    }
