"""The few questions that the supervisor asks the service: is it ready, which runs are live; and cancelling them.

Plain HTTP/1.0 over a socket: the standard library's client would cost the supervisor half of its memory.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: Seconds for connecting, and for each part of an answer: of one that is computed, and of the word that all is ready.
_TIMEOUT_S = 5.0
_READY_TIMEOUT_S = 1.5
_LIVE = "state=starting&state=running&state=cancelling"


@dataclass(frozen=True)
class LiveRuns:
    """The runs that hold a child now: at most one page of them, and whether there are more."""

    ids: tuple[str, ...]
    more: bool = False

    def __str__(self) -> str:
        count = f"{len(self.ids)}{' or more' if self.more else ''}"
        return f"{count} run{'' if count == '1' else 's'}"


@dataclass(frozen=True)
class Probe:
    """Asks the service at its address on this machine. An answer that does not come is an OSError."""

    address: tuple[str, int]
    #: What it shows instead of a token.
    secret: str

    def readiness(self) -> tuple[str, Mapping[str, str]]:
        """Empty when all that every run needs is ready, otherwise what is not; and by name the other places' faults."""
        try:
            status, body = self._exchange("GET", "/readyz", _READY_TIMEOUT_S)
            if status != 200:
                return body.decode(errors="replace").strip(), {}
            checks = {place: [check["reason"] for check in found.values()] for place, found in _places(body)}
            return "", {place: "; ".join(filter(None, found)) for place, found in checks.items() if any(found)}
        except (OSError, ValueError) as error:
            return f"the service does not answer yet ({error})", {}

    def live(self) -> LiveRuns:
        """The runs that are starting, running or being cancelled."""
        status, body = self._exchange("GET", f"/api/v1/runs?{_LIVE}&limit=100")
        if status != 200:
            raise OSError(f"the service answers with status {status}")
        page = json.loads(body)
        return LiveRuns(tuple(run["id"] for run in page["items"]), page["next_cursor"] is not None)

    def cancel(self, run_id: str) -> None:
        """Ask for the end of a run; one that has ended meanwhile is no error."""
        self._exchange("POST", f"/api/v1/runs/{run_id}/cancel")

    def _exchange(self, method: str, target: str, timeout_s: float = _TIMEOUT_S) -> tuple[int, bytes]:
        """The status and the body of one request without a body."""
        headers = ("Host: localhost", f"Authorization: Bearer {self.secret}", "Content-Length: 0")
        request = "\r\n".join((f"{method} {target} HTTP/1.0", *headers, "", ""))
        with socket.create_connection(self.address, timeout=timeout_s) as connection:
            connection.sendall(request.encode())
            answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        words = head.split(maxsplit=2)
        if len(words) < 2 or not words[1].isdigit():
            raise OSError("the connection was closed")
        return int(words[1]), body


def _places(body: bytes) -> Iterable[tuple[str, dict[str, Any]]]:
    """The places in an answer of /readyz, each with its checks."""
    places: dict[str, dict[str, Any]] = json.loads(body)["places"]
    return places.items()
