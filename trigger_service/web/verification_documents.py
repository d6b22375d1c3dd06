"""Verifications of targets: what requests and replies contain, and how replies are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trigger_service.domain.errors import InvalidRequest, Problem
from trigger_service.domain.target_writes import LONGEST
from trigger_service.domain.urls import shown_text, shown_url
from trigger_service.domain.verification import COMPARED, VERDICTS, Verdict, Verified
from trigger_service.service.verifications import DEADLINE_S, LONGEST_S, Progress
from trigger_service.web.responses import Document


class VerificationBody(BaseModel):
    """A target, or all that a run has written."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    url: str | None = Field(
        default=None, min_length=1, max_length=LONGEST, description="The target's URL; the absolute path of a file"
    )
    run_id: str | None = Field(default=None, max_length=100, description="Instead: the run whose targets are meant")
    timeout_s: float = Field(default=DEADLINE_S, gt=0, le=LONGEST_S, description="Seconds that it may take")

    def demand_one(self) -> None:
        """Raise InvalidRequest unless it names a target or a run."""
        if (self.url is None) == (self.run_id is None):
            raise InvalidRequest([Problem("", "Expected one of the members url and run_id: what is to be verified.")])


class MarksDocument(Document):
    """What tells one content from another; null where nobody knows."""

    size: int | None = Field(description="Bytes")
    sha256: str | None
    rows: int | None
    version: str | None


class VerifiedDocument(Document):
    """What is to be said of a target."""

    url: str
    verdict: Verdict = Field(
        description="`ok`: its content is the one on record. `no_checksum`: nothing speaks against it, and no checksum "
        "is on record. `superseded`: something newer is on record, so that it was not read"
    )
    why: str
    differs: list[str] = Field(description=f"Of {', '.join(COMPARED)}: what is other than on record")
    recorded: MarksDocument
    found: MarksDocument | None = Field(description="Null where it was not read")
    run_id: str
    task_id: str


class VerificationDocument(Document):
    """What was found of each target, in the order in which they were read."""

    items: list[VerifiedDocument]
    counts: dict[Verdict, int] = Field(description="How many there are of each")


def verified_json(verified: Verified) -> dict[str, Any]:
    """What is to be said of a target."""
    write, found = verified.write, verified.found
    return {
        "url": shown_url(write.url),
        "verdict": verified.verdict,
        "why": shown_text(verified.why),
        "differs": list(verified.differs),
        "recorded": _marks(write),
        "found": _marks(found) if found is not None else None,
        "run_id": write.run_id,
        "task_id": write.task_id,
    }


def verification_json(said: Sequence[Verified]) -> dict[str, Any]:
    """All that was found."""
    counts = {verdict: sum(each.verdict == verdict for each in said) for verdict in VERDICTS}
    return {"items": [verified_json(each) for each in said], "counts": counts}


def progress_json(progress: Progress) -> dict[str, Any]:
    """How far a target has been read."""
    write = progress.write
    of = write.rows if write.size is None else write.size
    return {"url": shown_url(write.url), "amount": progress.amount, "of": of}


def _marks(of: Any) -> dict[str, Any]:
    return {"size": of.size, "sha256": of.sha256 or None, "rows": of.rows, "version": of.version or None}
