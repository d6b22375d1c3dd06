"""Rings the service when there is news for a run. Best effort: the service also looks by itself."""

from __future__ import annotations

import contextlib
import socket


class Doorbell:
    """Sends a run id as a datagram to the abstract socket `name` (without its leading NUL); an empty name is silent."""

    def __init__(self, name: str) -> None:
        self._address = b"\0" + name.encode() if name else b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if name else None
        if self._socket:
            self._socket.setblocking(False)

    def ring(self, run_id: str) -> None:
        """Say that there is news for the run. A service that is down or busy costs nothing and raises nothing."""
        if self._socket:
            with contextlib.suppress(OSError):
                self._socket.sendto(run_id.encode(), self._address)

    def close(self) -> None:
        """Give the socket back."""
        if self._socket:
            self._socket.close()
