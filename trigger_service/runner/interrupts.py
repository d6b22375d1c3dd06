"""Makes sure that an interrupt is noticed.

Python's handler only notes a signal; the main thread acts on it between two instructions. A signal that arrives just
before a blocking system call is noted and then forgotten until the call returns, which may be never. So a thread hears
of every SIGINT through the wake-up descriptor, and nudges the main thread out of its system call.
"""

from __future__ import annotations

import os
import signal
import threading
import time

#: Does nothing but end a system call, which Python then enters again unless an interrupt is pending.
_NUDGE = signal.SIGURG
#: Seconds between an interrupt and the nudges.
_PAUSES_S = (0.05, 0.2, 1.0)


def notice_interrupts() -> None:
    """Start the thread; to be called in the main thread, once per process."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(_NUDGE, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    main = threading.get_ident()
    threading.Thread(target=_nudge_after_interrupts, args=(reader, main), name="interrupts", daemon=True).start()


def after_fork() -> None:
    """In a forked process: its signals are no news for the parent's thread."""
    signal.set_wakeup_fd(-1)


def _nudge_after_interrupts(reader: int, main: int) -> None:
    while True:
        if os.read(reader, 1) == bytes([signal.SIGINT]):
            for pause_s in _PAUSES_S:
                time.sleep(pause_s)
                signal.pthread_kill(main, _NUDGE)
