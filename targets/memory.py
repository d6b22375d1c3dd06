"""Targets in memory, for tests: all processes that a test starts see the same ones.

They are files on a file system in memory, in a folder that the first user makes, names in the environment for the
processes it starts, and removes when it ends.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import luigi.format

from targets.local import AtomicLocalTarget

SCHEME = "memory://"
#: Names the folder; set it to share the targets of a process that is not a parent.
VARIABLE = "LUIGI_TARGETS_MEMORY"
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - what is made in it has a random name and belongs to its maker


class MemoryTarget(AtomicLocalTarget):
    """A target that is gone when the process that first used one has ended: `memory://anything/you/like`."""

    def __init__(self, url: str, format: luigi.format.Format | None = None) -> None:
        self._url = url
        name = url.removeprefix(SCHEME).strip("/")
        if not name or ".." in name.split("/"):
            raise ValueError(f"{url!r} names no target in memory: it is {SCHEME}NAME, where NAME has no '..'")
        super().__init__(str(memory_folder() / name), format=format)

    @property
    def url(self) -> str:
        """As it was given."""
        return self._url


def memory_folder() -> Path:
    """Give the folder, made where there is none yet."""
    known = os.environ.get(VARIABLE)
    if known is None:
        where = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None
        known = os.environ[VARIABLE] = tempfile.mkdtemp(prefix="luigi-targets-", dir=where)
        atexit.register(_remove, known, os.getpid())
    return Path(known)


def _remove(folder: str, maker: int) -> None:
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop(VARIABLE, None)
