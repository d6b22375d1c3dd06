"""Makes sure that an attempt whose child nobody knows has not started, and never will."""

from __future__ import annotations

import fcntl
import os
from typing import Literal

from trigger_service.domain.events import read_batch
from trigger_service.domain.run import RunError
from trigger_service.domain.spec import ExitReport, RunFolder

NEVER_STARTED = RunError("NeverStarted", "the attempt was given up before its child had started")

#: `closed`: no child has started, or ever will. `alive`: one holds the lock. `over`: one has started, and is gone.
Fence = Literal["closed", "alive", "over"]


def fence(folder: RunFolder, now: float) -> Fence:
    """Close the folder to any child that may still come, unless one has come already.

    A child takes the lock first and then looks for `exit.json`, so that either it is seen here or it sees this. Raises
    OSError where the folder cannot be written.
    """
    if not folder.spec_file.exists():
        return "closed"
    descriptor = os.open(folder.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return _close(folder, now)
    except BlockingIOError:
        return "alive"
    finally:
        os.close(descriptor)


def _close(folder: RunFolder, now: float) -> Fence:
    report = folder.read_exit()
    if report is None and not _has_started(folder):
        report = ExitReport("lost", error=NEVER_STARTED, finished_at=now)
        folder.write_exit(report)
    return "closed" if report is not None and report.error == NEVER_STARTED else "over"


def _has_started(folder: RunFolder) -> bool:
    """Whether a child has ever reported."""
    try:
        chunk = folder.events_file(0).read_bytes()
    except FileNotFoundError:
        return False
    return any(event.kind == "started" for _, event in read_batch(chunk, 0, 0, 0).events)
