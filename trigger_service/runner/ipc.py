"""How the zygotes and their clients talk: one JSON object per line over a unix stream socket."""

from __future__ import annotations

import array
import contextlib
import json
import os
import select
import socket
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional

SOCKET_NAME = "zygote.sock"
#: Longest message in bytes; whoever sends more is cut off.
MESSAGE_LIMIT = 64 << 20
_CHUNK = 1 << 18
_DESCRIPTORS = 16
#: Longest path that fits into the kernel's `sun_path` together with its NUL.
_PATH_LIMIT = 107

Message = Dict[str, Any]


def encode(message: Mapping[str, Any]) -> bytes:
    """A message as one line, newline included."""
    return json.dumps(message, separators=(",", ":"), default=str).encode() + b"\n"


@contextlib.contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """An address for a socket file of any length: a long one is reached through a descriptor of its folder."""
    if len(os.fsencode(path)) <= _PATH_LIMIT:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class Lines:
    """Puts the messages of a byte stream together again."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> List[Message]:
        """The messages that `chunk` completes; raises ValueError for what is no JSON object or too long."""
        *lines, self._rest = (self._rest + chunk).split(b"\n") if b"\n" in chunk else (self._rest + chunk,)
        if len(self._rest) > MESSAGE_LIMIT:
            raise ValueError("a message is too long")
        messages = [json.loads(line) for line in lines]
        if not all(isinstance(message, dict) for message in messages):
            raise ValueError("a message is no object")
        return messages


class BlockingChannel:
    """A connection of a process that does one thing at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._lines = Lines()
        self._ready: List[Message] = []

    def send(self, message: Mapping[str, Any], pass_on: Optional[socket.socket] = None) -> None:
        """Send a message, with a socket that the other side is to have where one is given."""
        data = encode(message)
        if pass_on is not None:
            rights = array.array("i", [pass_on.fileno()])
            sent = self.connection.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            data = data[sent:]
        self.connection.sendall(data)

    def has_news(self) -> bool:
        """Whether `receive` would not have to wait."""
        return bool(self._ready or select.select([self.connection], [], [], 0)[0])

    def receive(self) -> Optional[Message]:
        """The next message; None once the other side has closed. A timeout of the socket raises TimeoutError."""
        while not self._ready:
            try:
                chunk = self.connection.recv(_CHUNK)
            except ConnectionResetError:
                return None
            if not chunk:
                return None
            self._ready = self._lines.feed(chunk)
        return self._ready.pop(0)

    def close(self) -> None:
        """Hang up."""
        self.connection.close()


class LoopChannel:
    """A connection of a process with an event loop: it never blocks, and takes descriptors as well."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._lines = Lines()
        self._outbox = bytearray()
        self._descriptors: List[int] = []
        #: Called with each message.
        self.on_message: Callable[[Message], None] = lambda _: None
        #: Called once when the other side is gone; the channel is closed by then.
        self.on_gone: Callable[[], None] = lambda: None

    def fileno(self) -> int:
        """The descriptor; -1 once closed."""
        return self._connection.fileno()

    @property
    def wants_to_write(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._outbox)

    def put(self, message: Mapping[str, Any]) -> None:
        """Queue a message, and send at once what goes."""
        self._outbox += encode(message)
        self.flush()

    def flush(self) -> None:
        """Send as much as the other side takes now. A broken connection shows when it is read."""
        try:
            while self._outbox:
                del self._outbox[: self._connection.send(self._outbox)]
        except BlockingIOError:
            return
        except OSError:
            self._outbox.clear()

    def collect(self) -> Optional[List[Message]]:
        """The messages that have come; None once the other side is gone, or talks nonsense."""
        try:
            chunk, descriptors, _, _ = socket.recv_fds(self._connection, _CHUNK, _DESCRIPTORS)
            self._descriptors += descriptors
            return self._lines.feed(chunk) if chunk else None
        except BlockingIOError:
            return []
        except (OSError, ValueError):
            return None

    def passed_on(self) -> socket.socket:
        """The socket that came with a message, in the order of the messages."""
        return socket.socket(fileno=self._descriptors.pop(0))

    def close(self) -> None:
        """Hang up, and close what came and was not taken."""
        self._connection.close()
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
