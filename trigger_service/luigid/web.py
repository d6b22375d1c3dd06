"""luigid's HTTP: luigi's own pages and RPC behind a guard, and the long poll `/wait`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import luigi.server
from luigi.scheduler import RPC_METHODS
from tornado.web import Application, url

from trigger_service.luigid.changes import Changes
from trigger_service.luigid.door import Door, Guarded, Refused
from trigger_service.luigid.scheduler import TriggerScheduler

#: RPC methods that change nothing: the only ones that answer a GET.
READS = frozenset(
    {
        "blockers",
        "dep_graph",
        "fetch_error",
        "get_running_task_resources",
        "get_task_progress_percentage",
        "get_task_status_message",
        "graph",
        "has_task_history",
        "inverse_dep_graph",
        "is_pause_enabled",
        "is_paused",
        "resource_list",
        "task_list",
        "task_search",
        "who_did",
        "worker_list",
    }
)
#: Seconds that one `/wait` may last.
LONGEST_WAIT_S = 30.0
#: Tasks that one `/wait` may name.
MOST_TASKS = 10_000


class RpcHandler(Guarded):
    """`/api/<method>`: luigi's RPC. What changes anything is taken by POST only."""

    def initialize(self, scheduler: TriggerScheduler, grace_until: float) -> None:
        """`grace_until`, on the clock of the event loop, is when work may be handed out."""
        self._scheduler = scheduler
        self._grace_until = grace_until
        self._gone = False

    def on_connection_close(self) -> None:
        """Whoever asked does not want the answer any more."""
        self._gone = True

    async def get(self, method: str) -> None:
        """Answer a read."""
        if method in RPC_METHODS and method not in READS:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{method} changes something: use POST")
        await self.post(method)

    async def post(self, method: str) -> None:
        """Answer any method; work only after the grace, by delay, for a stock worker told "nothing" would end."""
        function = getattr(self._scheduler, method, None)
        if method not in RPC_METHODS or function is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"there is no method {method!r}")
        arguments = _read_object(self.get_argument("data", "") or "{}")
        if method == "get_work":
            await self._end_of_grace()
            if self._gone:
                return
        self.write({"response": function(**arguments)})

    async def _end_of_grace(self) -> None:
        remaining_s = self._grace_until - asyncio.get_running_loop().time()
        if remaining_s > 0:
            await asyncio.sleep(remaining_s)


class WaitHandler(Guarded):
    """`POST /wait` {"tasks", "version", "timeout": s} -> {"version"} once one of the tasks has changed since."""

    def initialize(self, changes: Changes) -> None:
        """`changes` is where to wait."""
        self._changes = changes
        self._waiting: asyncio.Future[int] | None = None

    def on_connection_close(self) -> None:
        """Leave no waiter behind for a client that is gone."""
        if self._waiting is not None:
            self._waiting.cancel()

    async def post(self) -> None:
        """Answer at the first news, or at the timeout."""
        body = _read_object(self.request.body)
        tasks, version, timeout = body.get("tasks", []), body.get("version", 0), body.get("timeout", LONGEST_WAIT_S)
        if not (isinstance(tasks, list) and len(tasks) <= MOST_TASKS and all(isinstance(task, str) for task in tasks)):
            raise Refused(HTTPStatus.BAD_REQUEST, f"tasks must be a list of at most {MOST_TASKS} task ids")
        if not isinstance(version, int) or not isinstance(timeout, int | float):
            raise Refused(HTTPStatus.BAD_REQUEST, "version and timeout must be numbers")
        waited_s = min(max(float(timeout), 0.0), LONGEST_WAIT_S)
        self._waiting = asyncio.ensure_future(self._changes.wait(tasks, version, waited_s))
        try:
            self.write({"version": await self._waiting})
        except asyncio.CancelledError:
            self._waiting.cancel()


def _read_object(text: str | bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"the request is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, "the request must be a JSON object")
    return value


class VisualiserApiHandler(Guarded):
    """luigi's `luigi.js`, which calls by GET whatever its buttons do, made to call by POST."""

    def get(self) -> None:
        """The script."""
        script = Path(luigi.server.__file__).parent / "static/visualiser/js/luigi.js"
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.write(script.read_text().replace('method: "GET"', 'method: "POST"'))


class AbsentHandler(Guarded):
    """What is nowhere."""

    def prepare(self) -> None:
        """Refuse a stranger first, so that it learns nothing."""
        super().prepare()
        raise Refused(HTTPStatus.NOT_FOUND, f"there is no {self.request.path}")


def make_app(scheduler: TriggerScheduler, changes: Changes, door: Door, grace_until: float) -> Application:
    """luigi's application with every handler guarded, and ours before them."""
    application = luigi.server.app(scheduler)
    application.settings.update(door=door, default_handler_class=AbsentHandler)
    router = application.wildcard_router
    for rule in router.rules:
        rule.target = type(rule.target.__name__, (Guarded, rule.target), {})
    router.rules[:0] = [
        url(r"/api/(.*)", RpcHandler, {"scheduler": scheduler, "grace_until": grace_until}),
        url(r"/wait", WaitHandler, {"changes": changes}),
        url(r"/static/visualiser/js/luigi\.js", VisualiserApiHandler),
    ]
    return application
