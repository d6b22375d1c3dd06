"""The service's word with luigid: bury ended workers, ask whether it is well. The only file that speaks to it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from trigger_service.domain.errors import SchedulerUnavailable
from trigger_service.domain.place import Place

#: Seconds for connecting and for each answer.
TIMEOUT_S = 5.0


class Central:
    """A luigid found by `url_provider`, which gives its present address or "" while there is none."""

    def __init__(self, url_provider: Callable[[], str]) -> None:
        self._url_provider = url_provider

    def free(self, run_id: str, attempt: int) -> tuple[str, ...]:
        """Bury an attempt's workers after its processes have ended, well or not; the ids of tasks they still held.

        Whoever waits for these gets them at once. May be called again at any time. Raises SchedulerUnavailable, then
        the caller tries again later: a luigid that was killed meanwhile has nothing left to free.
        """
        prefix = f"run:{run_id}:{attempt}:"
        reply = self._call("free_worker", {"prefix": prefix})
        return tuple(reply["freed"]) if reply is not None else self._free_on_stock(prefix)

    def health(self, patience_s: float = TIMEOUT_S) -> str:
        """Empty while luigid answers, otherwise the reason why not."""
        try:
            reply = self._call("is_paused", {}, patience_s)
        except SchedulerUnavailable as unavailable:
            return str(unavailable)
        return "" if reply is not None else f"what answers at {self._url_provider()} is not luigid"

    def _free_on_stock(self, prefix: str) -> tuple[str, ...]:
        """The same by what a stock luigid offers: it reads all running tasks, and forgets a task's own retry policy."""
        tasks: Mapping[str, Any] = self._call("task_list", {"status": "RUNNING", "upstream_status": ""}) or {}
        held = {id_: task for id_, task in tasks.items() if str(task.get("worker_running")).startswith(prefix)}
        for task_id, task in held.items():
            report = {"status": "FAILED", "expl": "its worker has ended", "resources": task["resources"]}
            self._call("add_task", {"task_id": task_id, "worker": task["worker_running"], **report})
            self._call("re_enable_task", {"task_id": task_id})
            self._call("forgive_failures", {"task_id": task_id})
        for worker in self._call("worker_list", {"include_running": False}) or ():
            if worker["name"].startswith(prefix):
                self._call("disable_worker", {"worker": worker["name"]})
        return tuple(held)

    def _call(self, method: str, arguments: Mapping[str, Any], patience_s: float = TIMEOUT_S) -> Any:
        """The reply of an RPC method, or None where luigid has no such method."""
        url = self._url_provider()
        if not url:
            raise SchedulerUnavailable(url="(no address yet)", reason="it has not started")
        place = urlsplit(url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=patience_s)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            body = urlencode({"data": json.dumps(arguments)})
            connection.request("POST", f"{place.path.rstrip('/')}/api/{method}", body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise SchedulerUnavailable(url=url, reason=str(error) or type(error).__name__) from error
        finally:
            connection.close()
        return _reply(url, response.status, content)


class Centrals:
    """The luigids of all places."""

    def __init__(self, centrals: Mapping[Place, Central], place_of: Callable[[str], Place]) -> None:
        """`place_of` gives a run's place by its id."""
        self._centrals = centrals
        self._place_of = place_of

    def free(self, run_id: str, attempt: int) -> tuple[str, ...]:
        """As `Central.free`, at the run's own luigid; a place that is configured no more has nothing to free."""
        central = self._centrals.get(self._place_of(run_id))
        return central.free(run_id, attempt) if central is not None else ()


def _reply(url: str, status: int, content: bytes) -> Any:
    if status == http.client.NOT_FOUND:
        return None
    try:
        if status != http.client.OK:
            raise SchedulerUnavailable(
                url=url, reason=f"it answered {status}: {content[:200].decode(errors='replace')}"
            )
        return json.loads(content)["response"]
    except (ValueError, KeyError, TypeError) as error:
        raise SchedulerUnavailable(url=url, reason=f"its answer is not luigid's: {content[:200]!r}") from error
