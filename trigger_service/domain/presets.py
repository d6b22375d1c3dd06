"""A preset: parameters of a pipeline under a name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping


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
