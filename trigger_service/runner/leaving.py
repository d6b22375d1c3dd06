"""What Python does when a program ends, for a child that is no program of its own: threads and exit handlers."""

from __future__ import annotations

import atexit
import threading
import traceback
from concurrent.futures import thread as executors


def wait_for_threads() -> None:
    """Wait for the threads that tasks have left at work, except daemons and those of executors, which idle for ever."""
    idle = set(getattr(executors, "_threads_queues", ()))
    while True:
        left = [thread for thread in threading.enumerate() if not thread.daemon and thread not in idle]
        left = [thread for thread in left if thread is not threading.main_thread()]
        if not left:
            return
        for thread in left:
            thread.join()


def run_exit_handlers() -> None:
    """End executors, and call what was registered with atexit; what that raises is printed, nothing more."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    except BaseException:
        traceback.print_exc()
