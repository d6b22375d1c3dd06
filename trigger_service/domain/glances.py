"""Runs at a glance: the little that figures and charts of very many need of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Bar:
    """A run as a timeline has it. Times are seconds since the epoch."""

    id: str
    pipeline: str
    state: str
    created_at: float
    started_at: Optional[float]
    finished_at: Optional[float]
    attempt: int
    #: The class of its error; empty for none.
    error: str


@dataclass(frozen=True)
class Outstanding:
    """The newest run of some work that failed, and that none has tried again since."""

    run_id: str
    pipeline: str
    identity: str


@dataclass(frozen=True)
class Latency:
    """How long a run waited for its start."""

    hour: int
    run_id: str
    seconds: float
