"""Does once, where it harms nobody, what a child does before its first task.

What that needs is loaded and cached afterwards, and in a forked process its own: the pages that it writes to are copied
while nobody waits.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
from typing import Any

from trigger_service.runner.proxy import Luigid
from trigger_service.runner.worker import RunWorker

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def rehearse() -> None:
    """Make a worker that never asks for anything, and a request whose answer is there already."""
    nobody: Any = None
    with contextlib.suppress(Exception):  # no shared memory, or a setting that cannot be read: the run will tell
        # a cache of completions would be a process, and would stay
        RunWorker(Luigid("http://127.0.0.1", 0.0, nobody), "rehearsal", 1, nobody, nobody, cache_task_completion=False)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = http.client.HTTPConnection("127.0.0.1")
        connection.sock = ours
        theirs.sendall(_ANSWER)
        connection.request("POST", "/", b"{}", {"Content-Type": "application/json"})
        connection.getresponse().read()
