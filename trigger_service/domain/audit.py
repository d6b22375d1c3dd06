"""Who changed what, when: the record of all changes that people make to how runs are started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional


@dataclass(frozen=True)
class Change:
    """Somebody has changed something."""

    #: "token ci (10.0.0.7)", "cli ada@laptop".
    actor: str
    #: What was done: "pool resized".
    action: str
    #: What it was done to: "pool warehouse".
    subject: str
    #: As it was, and as it is from then on; None where there was, or is, none.
    before: Optional[Mapping[str, Any]]
    after: Optional[Mapping[str, Any]]


@dataclass(frozen=True)
class AuditRow:
    """A change in the record."""

    id: int
    #: Seconds since the epoch.
    time: float
    change: Change
