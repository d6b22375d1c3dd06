"""The socket on which children, pumps and zygotes ring when there is news of a run."""

from __future__ import annotations

import hashlib
import select
import socket
from pathlib import Path

from trigger_service.domain.ids import is_run_id

_LONGEST = 64


def doorbell_name(home: Path) -> str:
    """The name of the abstract socket of a home folder, without its leading NUL."""
    return f"luigi-trigger-{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:24]}"


class Doorbell:
    """Receives run ids as datagrams. Best effort: a ring that is lost only means that the news is seen a second later.

    Anybody on the machine may ring, so a ring is a hint to look and nothing else.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._socket.bind(f"\0{name}")
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    def ring(self, run_id: str) -> None:
        """Say, from inside the service, that somebody should look at this run."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as bell:
            bell.setblocking(False)
            try:
                bell.sendto(run_id.encode(), f"\0{self.name}")
            except OSError:
                return  # full or closed: the next look comes within a second

    def wait(self, timeout: float) -> set[str]:
        """The ids rung so far; waits up to `timeout` seconds for the first."""
        self._poll.poll(max(0.0, timeout) * 1000)
        rung: set[str] = set()
        while True:
            try:
                text = self._socket.recv(_LONGEST).decode("ascii", "replace")
            except BlockingIOError:
                return rung
            if is_run_id(text):
                rung.add(text)

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
