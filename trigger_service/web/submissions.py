"""Around a trigger: who asks, whether it was asked before, and the answer, at once or after the end of the run."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from flask import Response, g, request

from trigger_service.domain.errors import InvalidRequest, Problem, TargetsStay, Unavailable
from trigger_service.domain.operations import ACTIVE
from trigger_service.domain.queries import Idempotency
from trigger_service.domain.run import FINAL, Run, Trigger
from trigger_service.service.triggers import Submission
from trigger_service.web.rendering import run_json
from trigger_service.web.replies import reply
from trigger_service.web.services import Services, WebConfig
from trigger_service.web.slots import LongRequests

#: Says which program asks, and for whom: "cli ada@laptop". For the record only; nobody is trusted for it.
CLIENT_HEADER = "X-Luigi-Trigger-Client"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_WAIT = re.compile(r'(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})', re.IGNORECASE)


class Waits:
    """Answers a trigger, after the end of its run where the client prefers to wait for it."""

    def __init__(self, services: Services, config: WebConfig, places: LongRequests) -> None:
        self._insights = services.insights
        self._operations = services.operations
        self._broadcast = services.broadcast
        self._longest_s = config.max_wait_s
        self._slice_s = config.grace_s
        self._places = places

    def answer(self, submission: Submission, wait_s: float) -> Response:
        """200 with a run that ended in time, otherwise 202.

        A preference may be disregarded (RFC 7240): where all places for waiting are taken the run is accepted all the
        same, without `Preference-Applied`, and the client polls.
        """
        headers = {"Idempotency-Replayed": "true"} if submission.replayed else {}
        run = submission.run
        if wait_s > 0 and self._places.waits.take():
            try:
                run = self._until_final(run, min(wait_s, self._longest_s))
            finally:
                self._places.waits.give_back()
            headers["Preference-Applied"] = f"wait={int(min(wait_s, self._longest_s))}"
            if run.state in FINAL:
                return reply(_with_attached(submission, run), 200, {**headers, "Content-Location": location(run)})
        return accepted(run, headers, _with_attached(submission, run))

    def retry_of(self, operation_id: str) -> Run:
        """The run that builds again what an operation moves, as soon as all is moved, however long that takes.

        Raises TargetsStay where it failed, Unavailable where the service stops meanwhile.
        """
        while not self._places.closing.is_set():
            operation = self._operations.wait(operation_id, self._slice_s)
            if operation.run_id is not None:
                return self._insights.run(operation.run_id)
            if operation.state not in ACTIVE:
                raise TargetsStay(reason=operation.reason)
        raise Unavailable(what=f"The run of operation {operation_id}", reason="the service stops, and goes on later")

    def _until_final(self, run: Run, wait_s: float) -> Run:
        deadline = time.monotonic() + wait_s
        while not self._places.closing.is_set():
            version = self._broadcast.version(run.id)
            run = self._insights.run(run.id)
            left = deadline - time.monotonic()
            if run.state in FINAL or left <= 0:
                break
            self._broadcast.wait(run.id, version, min(left, self._slice_s))
        return run


def accepted(run: Run, headers: Mapping[str, str] | None = None, document: Any = None) -> Response:
    """202, with the address of the run."""
    return reply(document or run_json(run), 202, {**(headers or {}), "Location": location(run)})


def location(run: Run) -> str:
    """The address of a run, without a host."""
    return f"/api/v1/runs/{run.id}"


def asked_by() -> Trigger:
    """Who sent the present request."""
    kind, _, who = request.headers.get(CLIENT_HEADER, "").partition(" ")
    by = "".join(character for character in who if character.isprintable())[:200] or request.remote_addr or ""
    # what the token is called is certain, and what the client says of itself is not
    sender = f"token {g.credential.name} ({by})" if g.credential.name else by
    return Trigger("cli" if kind == "cli" else "api", sender)


def actor(kind: str = "") -> str:
    """The same in one text, as records have it; `kind` is known of who sends a form."""
    trigger = asked_by()
    return f"{kind or trigger.kind} {trigger.by}".strip()


def idempotency() -> Idempotency | None:
    """The promise in the request's `Idempotency-Key`; the body counts as parsed, whatever its spaces and order."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        detail = "Expected 1 to 255 visible ASCII characters."
        raise InvalidRequest([Problem("Idempotency-Key", detail)])
    canonical = json.dumps(json.loads(request.get_data()), sort_keys=True, separators=(",", ":"))
    return Idempotency(g.credential.id, key, hashlib.sha256(canonical.encode()).hexdigest())


def preferred_wait_s(prefer: str) -> float:
    """The seconds in a `Prefer: wait=N` header (RFC 7240); 0 without one."""
    found = _WAIT.search(prefer)
    return float(found[1]) if found else 0.0


def _with_attached(submission: Submission, run: Run) -> dict[str, Any]:
    return {**run_json(run), "attached": True} if submission.attached else run_json(run)
