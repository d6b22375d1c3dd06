"""Named places where a fault test may kill the process. They cost one dictionary look-up and do nothing in production.

`LUIGI_TRIGGER_FAIL_POINT=<name>=<token file>` arms one: the first process that reaches it and manages to remove the
token file dies there by SIGKILL, so that it happens once, whatever restarts.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "LUIGI_TRIGGER_FAIL_POINT"


def fail_point(name: str) -> None:
    """Die here, if a test has armed this name."""
    armed = os.environ.get(VARIABLE)
    if armed is None:
        return
    wanted, _, token = armed.partition("=")
    if wanted != name:
        return
    try:
        os.unlink(token)  # noqa: PTH108 (must be one atomic system call)
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
