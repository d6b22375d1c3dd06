"""What Python does when a program ends, for a child that is no program of its own: threads and exit handlers."""

from __future__ import annotations

import atexit
import threading
import traceback
from concurrent.futures import thread as executors
from typing import AbstractSet, Iterable, List


def wait_for_threads(older: AbstractSet[threading.Thread]) -> None:
    """Wait for the threads that tasks have left at work, except daemons and those of executors, which idle for ever.

    The `older` ones are not theirs: those of an import (a heartbeat, say) may go on for ever too.
    """
    idle = set(getattr(executors, "_threads_queues", ()))
    while True:
        left = [thread for thread in _at_work(threading.enumerate()) if thread not in idle and thread not in older]
        if not left:
            return
        for thread in left:
            thread.join()


def run_exit_handlers(older: AbstractSet[threading.Thread]) -> None:
    """End executors, and call what was registered with atexit; what that raises is printed, nothing more."""
    try:
        if _at_work(older):
            executors._python_exit()
        else:
            threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    except BaseException:
        traceback.print_exc()


def _at_work(threads: Iterable[threading.Thread]) -> List[threading.Thread]:
    """Those that Python would wait for."""
    return [t for t in threads if t.is_alive() and not t.daemon and t is not threading.main_thread()]
