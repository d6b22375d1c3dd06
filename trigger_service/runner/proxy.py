"""The child's line to luigid: stock RPC over one kept connection, patient while luigid is down or restarts."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import threading
import time
from typing import Any, Callable, Dict, List, Mapping, Optional
from urllib.parse import urlencode, urlsplit

from luigi.rpc import RemoteScheduler, RPCError

from trigger_service.runner.privacy import Privacy

BOOT_HEADER = "X-Luigid-Boot"
#: Seconds between two tries to reach luigid: the first pause, and the longest.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.5
TIMEOUT_S = 30.0


class _Connections(threading.local):
    """One connection per thread and process: neither threads nor forks may share one."""

    def __init__(self) -> None:
        self.pid = 0
        self.connection: Optional[http.client.HTTPConnection] = None


class Luigid(RemoteScheduler):
    """Stock's remote scheduler, which tries for `patience_s` seconds before it raises RPCError."""

    def __init__(self, url: str, patience_s: float, privacy: Privacy) -> None:
        # not stock's __init__: it makes a session of `requests`, which is slow and not used here
        self._url = url.rstrip("/")
        self._address = urlsplit(url)
        self._patience_s = patience_s
        #: What luigid may hear of.
        self.privacy = privacy
        self._on_restart: Callable[[], None] = lambda: None
        self._boot_id = ""
        self._is_forgotten = False
        self._introduction: Any = None
        self._pid = os.getpid()
        self._connections = _Connections()

    def connect(self) -> None:
        """Have luigid take the connection while there is something else to do; trouble shows at the first request."""
        with contextlib.suppress(OSError):
            self._connection(TIMEOUT_S).connect()

    def close(self) -> None:
        """Give this thread's connection back."""
        self._drop()

    def call_on_restart(self, callback: Callable[[], None]) -> None:
        """Have `callback` called in the thread that first sees that luigid knows nothing of this worker any more."""
        self._on_restart = callback

    def add_worker(self, worker: str, info: Any) -> None:  # noqa: ARG002 (Luigi's signature)
        """Goes along with the next `get_work`: one request less on the way to the first task."""
        self._introduction = info

    def get_work(self, **arguments: Any) -> Any:
        """As stock."""
        introduction, self._introduction = self._introduction, None
        return self._heed(super().get_work(**arguments, worker_info=introduction))

    def ping(self, **arguments: Any) -> Any:
        """As stock."""
        return self._heed(super().ping(**arguments))

    def blockers(self, worker: str) -> Dict[str, Any]:
        """What the undone tasks of `worker` wait for, as our luigid describes it."""
        return self._request("/api/blockers", {"worker": worker})

    def who_did(self, tasks: List[str]) -> Dict[str, Dict[str, Any]]:
        """Of those of the tasks that are done, by id: the worker that did it, its host and pid; empty where unknown."""
        return self._request("/api/who_did", {"tasks": tasks})

    def wait(self, tasks: List[str], version: int, timeout_s: float) -> None:
        """Return as soon as one of the tasks (or anything, where none is named) changes, or after `timeout_s`."""
        told = self.privacy.outgoing({"tasks": tasks, "version": version, "timeout": timeout_s})
        body = json.dumps(told).encode()
        self._post("/wait", body, "application/json", timeout_s + TIMEOUT_S)

    def _request(self, url: str, data: Mapping[str, Any], attempts: int = 3, allow_null: bool = True) -> Any:
        answer = super()._request(url, self.privacy.outgoing(data), attempts, allow_null)
        return self.privacy.incoming(answer)

    def _fetch(self, url_suffix: str, body: Mapping[str, str]) -> str:
        form = urlencode(body).encode()
        return self._post(url_suffix, form, "application/x-www-form-urlencoded", TIMEOUT_S)

    def _post(self, path: str, body: bytes, content_type: str, timeout_s: float) -> str:
        deadline = time.monotonic() + self._patience_s
        pause = FIRST_PAUSE_S
        while True:
            try:
                return self._post_once(path, body, content_type, timeout_s)
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                if time.monotonic() >= deadline:
                    reason = f"luigid at {self._url} could not be reached for {self._patience_s:g} s: {error}"
                    raise RPCError(reason, error) from error
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    def _post_once(self, path: str, body: bytes, content_type: str, timeout_s: float) -> str:
        connection = self._connection(timeout_s)
        connection.request("POST", self._address.path.rstrip("/") + path, body, {"Content-Type": content_type})
        response = connection.getresponse()
        text = response.read().decode()
        if response.status >= 500:
            raise http.client.HTTPException(f"luigid answered {response.status} to {path}: {text[:200]}")
        if response.status != 200:
            raise RPCError(f"luigid at {self._url} refused {path} with {response.status}: {text[:200]}")
        self._notice(response.headers.get(BOOT_HEADER, ""))
        return text

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        local = self._connections
        if local.connection is None or local.pid != os.getpid():
            local.connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port or 80)
            local.pid = os.getpid()
        local.connection.timeout = timeout_s
        if local.connection.sock is not None:
            local.connection.sock.settimeout(timeout_s)
        return local.connection

    def _drop(self) -> None:
        if self._connections.connection is not None:
            self._connections.connection.close()
            self._connections.connection = None

    def _heed(self, answer: Any) -> Any:
        before, self._is_forgotten = self._is_forgotten, bool(answer.get("was_forgotten"))
        if self._is_forgotten and not before:
            self._on_restart()
        return answer

    def _notice(self, boot_id: str) -> None:
        known, self._boot_id = self._boot_id, boot_id
        if known and boot_id and known != boot_id and os.getpid() == self._pid:
            self._on_restart()
