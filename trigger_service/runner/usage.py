"""What a task uses while it runs: time of processors, and memory."""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path
from typing import Dict, Union

#: Where 5 resets the highest memory that Linux remembers of this process.
_RESETS = Path("/proc/self/clear_refs")
#: Linux counts the highest memory in these.
_UNIT = 1024


class Usage:
    """Measures one execution after another in this process, with the processes that it starts and waits for.

    The highest memory is that of the whole process, with what was there before the task.
    """

    def __init__(self) -> None:
        self._before = 0.0

    def began(self) -> None:
        """An execution begins, or goes on after its dynamic requirements."""
        with contextlib.suppress(OSError):  # then it is the highest since the process began
            _RESETS.write_text("5")
        self._before = _seconds()

    def ended(self) -> Dict[str, Union[int, float]]:
        """What it has used since: seconds of processors, and at most so many bytes."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
        return {"cpu_s": round(max(0.0, _seconds() - self._before), 3), "peak_bytes": peak}


def _seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)
