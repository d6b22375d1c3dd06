"""Named places where a fault test may kill the process. They cost one dictionary look-up and do nothing in production.

`LUIGI_TRIGGER_FAIL_POINTS` names a folder, and a file in it with the name of a place arms that: the first process that
reaches it and manages to remove the file dies there by SIGKILL, so that it happens once, whatever restarts.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "LUIGI_TRIGGER_FAIL_POINTS"


def fail_point(name: str) -> None:
    """Die here, if a test has armed this name."""
    armed = os.environ.get(VARIABLE)
    if armed is None:
        return
    try:
        os.unlink(os.path.join(armed, name))  # noqa: PTH108, PTH118 (one atomic system call, and nothing before it)
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
