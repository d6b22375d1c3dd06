"""A preset: parameters of a pipeline under a name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping

from trigger_service.domain.errors import Problem

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,99}")


@dataclass(frozen=True)
class Preset:
    """Parameters that any trigger of the pipeline may name. Times are seconds since the epoch."""

    pipeline: str
    name: str
    #: JSON values by parameter name; not all that the pipeline has.
    parameters: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0

    @property
    def subject(self) -> str:
        """What the record of changes calls it."""
        return f"preset {self.pipeline}/{self.name}"

    def told(self) -> Dict[str, Any]:
        """What people set."""
        return {"parameters": dict(self.parameters), "description": self.description}


def name_problems(name: str) -> List[Problem]:
    """What is wrong with the name of a preset."""
    if _NAME.fullmatch(name):
        return []
    expected = "expected letters, digits, _ . @ -, at most 100, a letter or digit first"
    return [Problem("/name", f"{name!r} is no name of a preset; {expected}")]
