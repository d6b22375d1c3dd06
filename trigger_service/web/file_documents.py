"""File sensors and inboxes: what requests and replies contain, and how replies are made."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from trigger_service.domain.files import DAY_S, LEAST_POLL_S, FileSource, FileState, InboxKind, KnownFile
from trigger_service.service.inboxes import InboxState
from trigger_service.web.replies import iso
from trigger_service.web.responses import Document
from trigger_service.web.schemas import Name, Whole

#: S3 has no longer keys.
_LONGEST_PATH = 1024


class FileSourceBody(BaseModel):
    """Waits for files in an inbox; each is taken once, as soon as it is whole."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    kind: Literal["file"] = Field(description="Files")
    inbox: Name = Field(description="One that luigi.cfg names, as GET /inboxes lists them")
    pattern: str = Field(
        min_length=1,
        max_length=1000,
        description="An expression of RE2 that a whole path matches, from the inbox on, with / between names. "
        "Named groups are parameters where no mapping says otherwise: `flights_(?P<month>\\d{4}-\\d{2})\\.csv`",
    )
    settle_s: float | None = Field(
        default=None,
        ge=0,
        le=DAY_S,
        allow_inf_nan=False,
        description="Seconds without a change after which a file is whole; left out: 2 in a folder, 0 in S3",
    )
    changed: bool = Field(default=False, description="Take a file again once it has changed")
    existing: bool = Field(default=True, description="Take files that were there before the sensor, too")
    batch_s: float = Field(
        default=0,
        ge=0,
        le=DAY_S,
        allow_inf_nan=False,
        description="Files with equal groups that settle within so many seconds of the first are one delivery; 0: each",
    )
    poll_s: float | None = Field(
        default=None,
        ge=LEAST_POLL_S,
        le=DAY_S,
        allow_inf_nan=False,
        description="Seconds between two looks; left out: 30 in a folder, which also tells of changes, 60 in S3",
    )
    ordered: bool = Field(
        default=False, description="S3: later names are always greater, so only what follows the last is listed"
    )

    def source(self) -> FileSource:
        """The same in the domain's words."""
        return FileSource(**self.model_dump(exclude={"kind"}))


class FilesQuery(BaseModel):
    """Which files to list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    state: FileState | None = Field(default=None, description="Only of this state")
    after: str = Field(default="", max_length=_LONGEST_PATH, description="After this path, the last of a page before")
    limit: Whole = Field(default=50, ge=1, le=500, description="At most so many")


class FileDocument(Document):
    """A file that a sensor knows."""

    path: str = Field(description="From the inbox on")
    state: FileState = Field(
        description="`new` is not whole yet, or waits for its batch; `taken` is a delivery, or in one; `existing` was "
        "there before a sensor that takes only what comes later"
    )
    size: int = Field(description="Bytes")
    modified: AwareDatetime | None = Field(description="As the inbox says; null for a time that is none")
    version: str = Field(description="Changes whenever the content may have")
    seen_at: AwareDatetime = Field(description="When it was seen first")
    changed_at: AwareDatetime = Field(description="When this version of it was seen first")


class FilesDocument(Document):
    """Files, by path."""

    items: list[FileDocument]


class InboxDocument(Document):
    """A place where files arrive."""

    name: str
    kind: InboxKind
    trouble: str = Field(description="Why it cannot be looked at, or what in it; empty where nothing is wrong")
    sensors: list[str] = Field(description="The sensors that look at it, but for paused ones")


class InboxesDocument(Document):
    """Inboxes, by name."""

    items: list[InboxDocument]


def file_json(file: KnownFile) -> dict[str, Any]:
    """A file."""
    return {
        "path": file.path,
        "state": file.state,
        "size": file.size,
        "modified": _iso_of_inbox(file.modified),
        "version": file.version,
        "seen_at": iso(file.seen_at),
        "changed_at": iso(file.changed_at),
    }


def inbox_json(state: InboxState) -> dict[str, Any]:
    """An inbox."""
    return {"name": state.name, "kind": state.kind, "trouble": state.trouble, "sensors": list(state.sensors)}


def _iso_of_inbox(seconds: float) -> str | None:
    """A time that anybody may have set, to what is no date of a calendar too."""
    try:
        return iso(seconds)
    except (OverflowError, ValueError, OSError):
        return None
