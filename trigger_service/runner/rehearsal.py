"""Does once, where it harms nobody, what a child does before its first task.

What that needs is loaded and cached afterwards, and in a forked process its own: the pages that it writes to are copied
while nobody waits.
"""

from __future__ import annotations

from typing import Any

from trigger_service.runner.proxy import Luigid
from trigger_service.runner.worker import RunWorker


def rehearse() -> None:
    """Make a worker that never asks for anything."""
    nobody: Any = None
    RunWorker(Luigid("http://127.0.0.1:9", 0.0), "rehearsal", 1, nobody, nobody)
