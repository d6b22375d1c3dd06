"""The service's process tree: gunicorn with one worker of many threads, which holds the web and the service's threads.

`python -m trigger_service.serving SETTINGS DESCRIPTOR` serves on an inherited socket; both are descriptors.
gunicorn's master imports none of the service: the worker does, so that one that is started again is made afresh.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.errors import AppImportError
from gunicorn.glogging import Logger
from gunicorn.http import wsgi
from gunicorn.http.errors import ParseException
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from trigger_service import journaling
from trigger_service.config import Settings
from trigger_service.domain.errors import TriggerError
from trigger_service.domain.imports import imports
from trigger_service.runner import linux

if TYPE_CHECKING:
    from trigger_service.app import Application

#: Seconds after which a busy thread lets another one go on: a request must not wait for the collector's work.
_SWITCH_S = 0.0005
#: Bytes of a request's first line: a filter's text may have 500 characters, of which each may take 12.
_LINE = 8190
#: Seconds for which a connection that is kept, and idle, holds up the end.
_LINGER_S = 0.2
#: More than all streams and waits together, so that short requests always find a thread.
_THREADS = 256


class Worker(ThreadWorker):
    """gunicorn's worker, which ends what is open before it waits for it, and refuses requests in the service's way."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM has arrived."""
        self.app.leave()
        super().handle_exit(sig, frame)

    def _cap_keepalive(self, deadline: float) -> None:
        """Called once nothing is accepted any more: for how long connections that are kept may still ask something."""
        super()._cap_keepalive(min(deadline, time.monotonic() + _LINGER_S))

    def handle_error(self, _request: Any, client: socket.socket, _address: Any, error: Exception) -> None:
        """A request cannot be read, so that the application has not answered it."""
        with contextlib.suppress(OSError):  # nobody is there who would hear it
            write_nonblock(client, self.app.refuse(error))

    def _keepalive_after(self, connection: Any, keepalive: bool) -> bool:
        """Called after an answer: what cannot be read of the body now is no reason for a second one."""
        try:
            return bool(super()._keepalive_after(connection, keepalive))
        except ParseException:
            return False


class Log(Logger):
    """gunicorn's words, in the log of the service."""

    def setup(self, _cfg: Any) -> None:
        """Called by gunicorn in its master."""
        self.error_log.setLevel(logging.INFO)
        self.error_log.propagate = True


class Serving(BaseApplication):
    """gunicorn, set up by code alone."""

    def __init__(self, settings: Settings, descriptor: int) -> None:
        self._settings = settings
        self._descriptor = descriptor
        self._application: Application | None = None
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn in the master."""
        master = os.getpid()
        options: dict[str, Any] = {
            "bind": f"fd://{self._descriptor}",
            "worker_class": Worker,
            "logger_class": Log,
            "workers": 1,
            "threads": _THREADS,
            "worker_connections": 2000,
            "keepalive": 75,
            "limit_request_line": _LINE,
            "timeout": 120,
            "graceful_timeout": 4,
            "control_socket_disable": True,
            "proc_name": "luigi-trigger",
            "post_fork": lambda _arbiter, _worker: linux.die_with_parent(master),
            "post_worker_init": lambda _worker: self._started(),
            "worker_exit": lambda _arbiter, _worker: self._stopped(),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        """Called by gunicorn in the worker: make the service."""
        with imports():
            from trigger_service.app import Application  # noqa: PLC0415 (not in the master)

        sys.setswitchinterval(_SWITCH_S)
        wsgi.SERVER = "luigi-trigger"  # not the name of the library and whatever is known of its faults
        try:
            self._application = Application(self._settings)
        except TriggerError as error:
            raise AppImportError(str(error)) from error  # which gunicorn prints, and ends with CANNOT_START
        return self._application.wsgi

    def leave(self) -> None:
        """End what would last for ever; new requests are still answered."""
        if self._application is not None:
            self._application.leave()

    def refuse(self, error: Exception) -> bytes:
        """The response to a request that cannot be read."""
        from trigger_service.web.refusals import response  # noqa: PLC0415 (not in the master)

        return response(error)

    def _started(self) -> None:
        if self._application is not None:
            self._application.start()

    def _stopped(self) -> None:
        if self._application is not None:
            self._application.stop()


if __name__ == "__main__":
    journaling.install()
    Serving(Settings.handed_on(int(sys.argv[1])), int(sys.argv[2])).run()
