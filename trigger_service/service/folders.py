"""The folders of runs on the disk: how much room they take, and how they go."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

log = logging.getLogger(__name__)

#: Folders that are measured between two rests, and the length of a rest in seconds.
_AT_A_TIME = 50
_REST_S = 0.01


class Folders:
    """Below `runs` in the home folder, each by the id of its run. For one thread.

    What has been measured once is remembered as long as it cannot grow.
    """

    def __init__(self, home: Path, rest: Callable[[float], object]) -> None:
        """`rest` waits so many seconds; it may raise where the process is to end."""
        self._path = home / "runs"
        self._rest = rest
        self._sizes: dict[str, int] = {}

    def sizes(self, growing: Collection[str]) -> dict[str, int]:
        """Bytes that each takes on the disk; `growing` are the runs that may still write."""
        names = os.listdir(self._path) if self._path.is_dir() else []  # noqa: PTH208 (half of the time, for many)
        known = {name: self._sizes[name] for name in names if name in self._sizes and name not in growing}
        for number, name in enumerate(name for name in names if name not in known):
            if number % _AT_A_TIME == _AT_A_TIME - 1:
                self._rest(_REST_S)
            known[name] = _size(self._path / name)
        self._sizes = {name: size for name, size in known.items() if name not in growing}
        return known

    def remove(self, run_id: str) -> bool:
        """Delete the folder of a run; whether it is gone, as one is that was not there."""
        self._sizes.pop(run_id, None)
        try:
            shutil.rmtree(self._path / run_id)
        except FileNotFoundError:
            return True
        except OSError as error:
            log.warning("a folder cannot be deleted: %s", error, extra={"action": "folder_left", "run_id": run_id})
            return False
        return True


def _size(folder: Path) -> int:
    """Bytes on the disk of a folder with all below it; what goes meanwhile counts for nothing."""
    total = 0
    pending = [str(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
        except OSError:
            continue
    return total
