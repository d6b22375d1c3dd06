"""The ports of the service and of luigid: taken before anything starts, and kept until `up` ends."""

from __future__ import annotations

import errno
import socket

from trigger_service.domain.errors import CannotStart
from trigger_service.luigid.ports import holder_of


def listening(host: str, port: int, key: str, before: int) -> socket.socket:
    """A socket that listens; `port` 0 takes `before`, or else any that is free.

    It outlives the process that answers on it: what connects while that one restarts is served a moment later.
    Raises CannotStart for a busy port, naming its holder.
    """
    taken = reserved(host, port, key, before)
    taken.listen(2048)
    return taken


def reserved(host: str, port: int, key: str, before: int) -> socket.socket:
    """A socket that is bound and does not listen: one other process may listen on the port, and nobody is given it.

    `port` 0 takes `before`, the port of the last time (0 for none), where that is free, because living runs still
    look there; or else any that is free. Raises CannotStart for a busy port, naming its holder.
    """
    if port == 0 and before != 0:
        try:
            return _bound(host, before, key)
        except CannotStart:
            return _bound(host, 0, key)
    return _bound(host, port, key)


def port_of(taken: socket.socket) -> int:
    """The port of a socket."""
    return int(taken.getsockname()[1])


def _bound(host: str, port: int, key: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        if error.errno != errno.EADDRINUSE:
            raise CannotStart(reason=f"{host}:{port} ({key}) cannot be listened on: {error.strerror}") from error
        mend = f"end that one, or set [trigger_service] {key} to another port, or to 0 for a free one"
        raise CannotStart(reason=f"port {port} ({key}) is held by {holder_of(port)}; {mend}") from error
    return made
