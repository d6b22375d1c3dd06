"""Appends a writer's events to its stream."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, FrozenSet, Optional

from trigger_service.domain.events import RunEvent, encode
from trigger_service.runner.doorbell import Doorbell
from trigger_service.runner.mask import Mask
from trigger_service.runner.stream import append_whole

#: What is text from users' code; the rest of an event are ids, statuses and numbers.
FREE_TEXT: FrozenSet[str] = frozenset(
    {"parameters", "outputs", "explanation", "text", "url", "for", "version", "inputs", "file", "function", "lines"}
)


class Journal:
    """One writer's `events.jsonl`. A record is one line in one write, so that a kill tears at most the last."""

    def __init__(self, path: Path, run_id: str, doorbell: Doorbell, mask: Mask) -> None:
        path.parent.mkdir(exist_ok=True)
        self._run_id = run_id
        self._doorbell = doorbell
        self._mask = mask
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._end_torn_line()

    def write(self, kind: str, task: Optional[str] = None, **data: Any) -> None:
        """Append an event that happens now; raises OSError where the folder cannot take it (a full disk)."""
        shown = {key: self._mask.value(value) if key in FREE_TEXT else value for key, value in data.items()}
        self.append(RunEvent(kind, time.time(), task, shown))

    def append(self, event: RunEvent) -> None:
        """Append an event, and ring; raises OSError, and leaves no part of it, where the disk is full."""
        append_whole(self._file, encode(event))
        self._doorbell.ring(self._run_id)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._file)

    def _end_torn_line(self) -> None:
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")
