"""One thing that is wrong, as it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What is wrong, where, why it matters, and the mend. `code` is stable, for programs."""

    code: str
    what: str
    where: str
    why: str
    mend: str
    #: A fault keeps something from working; a warning may be meant so.
    severity: Literal["fault", "warning"] = "fault"
