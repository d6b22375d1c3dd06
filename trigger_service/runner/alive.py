"""The lock that says whether an attempt can still write."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Optional

from trigger_service.domain.spec import RunFolder


class AliveLock:
    """Held by a child and, through the inherited descriptor, by every process that it forks."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, folder: RunFolder, patience_s: float = 0.0) -> Optional[AliveLock]:
        """The lock, or None where somebody still holds it after `patience_s` seconds."""
        descriptor = os.open(folder.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return cls(descriptor)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    return None
                time.sleep(0.01)

    def release(self) -> None:
        """Let go in this process."""
        os.close(self._descriptor)


def is_free(lock_file: Path) -> bool:
    """Whether nobody holds this lock; the file is made where there is none.

    Opened for reading only, because the pump takes the closing of a writable descriptor as news.
    """
    descriptor = os.open(lock_file, os.O_RDONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)
