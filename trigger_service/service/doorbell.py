"""The socket on which children, pumps and zygotes ring when there is news of a run."""

from __future__ import annotations

import contextlib
import hashlib
import select
import socket
import threading
from pathlib import Path

from trigger_service.domain.ids import is_run_id

_LONGEST = 64


def doorbell_name(home: Path) -> str:
    """The name of the abstract socket of a home folder, without its leading NUL."""
    return f"luigi-trigger-{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:24]}"


class Doorbell:
    """Receives run ids as datagrams. A ring from outside is lost while many wait (ten, on a usual Linux): who hears
    others has to look around for more.

    Anybody on the machine may ring, so a ring is a hint to look and nothing else.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._socket.bind(f"\0{name}")
        self._inside: set[str] = set()
        self._lock = threading.Lock()
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    def ring(self, run_id: str) -> None:
        """Say, from inside the service, that somebody should look at this run. This one is never lost."""
        with self._lock:
            self._inside.add(run_id)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as bell:
            bell.setblocking(False)
            try:
                bell.sendto(run_id.encode(), f"\0{self.name}")
            except OSError:
                return  # full, so that whoever waits will wake up; or closed

    def wait(self, timeout: float) -> set[str]:
        """The ids rung so far; waits up to `timeout` seconds for the first."""
        self._poll.poll(max(0.0, timeout) * 1000)
        rung: set[str] = set()
        with contextlib.suppress(BlockingIOError):
            while True:
                rung.add(self._socket.recv(_LONGEST).decode("ascii", "replace"))
        with self._lock:
            rung |= self._inside
            self._inside.clear()
        return {text for text in rung if is_run_id(text)}

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
