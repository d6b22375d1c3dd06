"""Which files of a folder have news: Linux's inotify(7), or a periodic look where there is none."""

from __future__ import annotations

import ctypes
import os
import select
import struct
import sys
import time
from pathlib import Path
from typing import Dict, Optional, Set

_MODIFY, _CLOSE_WRITE, _MOVED_TO, _CREATE, _OVERFLOW = 0x2, 0x8, 0x80, 0x100, 0x4000
_EVENT = struct.Struct("iIII")
#: Seconds between two looks where there is no inotify.
LOOK_S = 0.05


class Watch:
    """Waits for changes in folders. `wait` gives the changed paths, or None where everything must be looked at."""

    def __init__(self, *folders: Path) -> None:
        self._folders: Dict[int, Path] = {}
        self._descriptor = -1
        if sys.platform == "linux":
            libc = ctypes.CDLL(None, use_errno=True)
            self._descriptor = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
            for folder in folders:
                mask = _MODIFY | _CLOSE_WRITE | _MOVED_TO | _CREATE
                number = libc.inotify_add_watch(self._descriptor, os.fsencode(folder), mask)
                if number < 0:
                    raise OSError(ctypes.get_errno(), f"inotify_add_watch: {os.strerror(ctypes.get_errno())}")
                self._folders[number] = folder

    def wait(self, timeout_s: float) -> Optional[Set[Path]]:
        """The paths that changed, once any has, or nothing after `timeout_s` seconds."""
        if self._descriptor < 0:
            time.sleep(min(timeout_s, LOOK_S))
            return None
        if not select.select([self._descriptor], [], [], timeout_s)[0]:
            return set()
        return self._parse(os.read(self._descriptor, 1 << 16))

    def close(self) -> None:
        """Give the descriptor back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def _parse(self, events: bytes) -> Optional[Set[Path]]:
        changed: Set[Path] = set()
        at = 0
        while at < len(events):
            number, mask, _, length = _EVENT.unpack_from(events, at)
            if mask & _OVERFLOW:
                return None
            name = events[at + _EVENT.size : at + _EVENT.size + length].rstrip(b"\0")
            if number in self._folders:
                changed.add(self._folders[number] / os.fsdecode(name))
            at += _EVENT.size + length
        return changed
