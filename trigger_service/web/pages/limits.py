"""The page of limits: each pool, who holds its slots and who waits for one and why; its slots are set there, too."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from trigger_service.domain.admission import OF_PIPELINE
from trigger_service.domain.audit import AuditRow
from trigger_service.domain.errors import Conflict, InvalidRequest, Problem, RunNotFound
from trigger_service.domain.pools import Pool
from trigger_service.domain.run import Run
from trigger_service.service.processes import RunProcesses
from trigger_service.web.pages.expected import expected_starts
from trigger_service.web.pages.exports import as_file
from trigger_service.web.pages.forms import number, written
from trigger_service.web.pages.page import page
from trigger_service.web.pages.slots import Usage
from trigger_service.web.pages.workers import Workers
from trigger_service.web.pool_documents import PoolBody
from trigger_service.web.replies import iso
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor
from trigger_service.web.validation import of_form

PATH = "/limits"
#: At most so many holders and waiting runs of a pool, and changes, are shown; the number of all is.
_HOLDERS, _WAITING, _CHANGES = 20, 10, 5

_COLUMNS = ("run", "pipeline", "state", "pid", "processes", "cpu_percent", "memory_bytes", "since", "doing")


@dataclass(frozen=True)
class Shown:
    """A pool as the page has it."""

    pool: Pool
    usage: Usage
    holders: Sequence[Run]
    #: Runs, why they wait, and when they can be expected to start; None where nobody knows.
    waiting: Sequence[tuple[Run, str, float | None]]

    @property
    def pipeline(self) -> str:
        """Of which pipeline it is the pool; empty for another."""
        name = self.pool.name
        return name.removeprefix(OF_PIPELINE) if name.startswith(OF_PIPELINE) else ""


@dataclass(frozen=True)
class Refused:
    """A form that was refused."""

    #: The pool whose form it is; empty for that of a new one.
    pool: str = ""
    sent: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[Problem] = ()

    def of(self, name: str) -> str:
        """What is wrong with a field."""
        return " ".join(problem.detail for problem in self.problems if problem.pointer == f"/{name}")


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /limits`; `POST /limits` sets the slots of a pool, or makes one, and `POST /limits/reset` takes it back."""
    pools = services.pools

    @pages.get(PATH)
    def limits() -> Response:
        if kind := request.args.get("as", ""):
            return as_file(kind, "processes", _COLUMNS, map(_cells, services.processes.listed()))
        done = request.args.get("done", "")
        changed = pools.changes(f"pool {done}", None, 1) if done else []
        return _page(services, changed=changed)

    @pages.post(PATH)
    def resize() -> Response:
        sent = written()
        name = str(sent.get("name", "")).strip()
        try:
            body = of_form(PoolBody, {"slots": number(sent["slots"])} if "slots" in sent else {})
            pools.resize(name, body.slots, actor("form"))
        except InvalidRequest as refused:
            return _page(services, 422, refused=Refused("" if "new" in sent else name, sent, refused.problems))
        return _done(name)

    @pages.post(f"{PATH}/reset")
    def reset() -> Response:
        name = str(written().get("name", ""))
        try:
            pools.reset(name, actor("form"))
        except Conflict as error:
            return _page(services, 409, refused=Refused(name, {}, [Problem("/slots", str(error))]))
        return _done(name)


def _cells(found: RunProcesses) -> tuple[Any, ...]:
    told = (found.run.id, found.run.pipeline, found.run.state, found.pid, found.count, round(found.cpu, 1))
    return (*told, found.memory, iso(found.since), " ".join(found.doing))


def _done(name: str) -> Response:
    """See other: so that nothing is sent a second time when the page is loaded again."""
    return redirect(f"{PATH}?{urlencode({'done': name})}", 303)


def _page(
    services: Services, status: int = 200, *, changed: Sequence[AuditRow] = (), refused: Refused | None = None
) -> Response:
    run_of = cache(services.insights.run)
    took = cache(lambda pipeline: services.history.run_medians((pipeline,)).get(pipeline))
    shown = [_shown(pool, run_of, took) for pool in services.pools.listed()]
    changes = [row for row in services.pools.changes(None, None, 50) if row.change.subject.startswith("pool ")]
    return page(
        "limits.html",
        "limits",
        status,
        limited=[pool for pool in shown if pool.pool.slots or pool.pool.resized or not pool.pipeline],
        unlimited=[pool for pool in shown if not pool.pool.slots and not pool.pool.resized and pool.pipeline],
        changed=changed,
        changes=changes[:_CHANGES],
        refused=refused or Refused(),
        workers=Workers(services),
    )


def _shown(pool: Pool, run_of: Callable[[str], Run], took: Callable[[str], float | None]) -> Shown:
    """`took` is how long runs of a pipeline usually take, in seconds."""
    holders = _known(pool.holders[:_HOLDERS], run_of)
    reasons = {waiting.run.id: waiting.reason for waiting in pool.queue[:_WAITING]}
    waiting = _known([waiting.run for waiting in pool.queue[:_WAITING]], run_of)
    starts: list[float | None] = [None] * len(waiting)
    if pool.slots and waiting and len(pool.holders) <= _HOLDERS:
        ends = [_end(run, took) for run in holders]
        starts = expected_starts(pool.slots, ends, [took(run.pipeline) for run in waiting], time.time())
    queue = [(run, reasons[run.id], start) for run, start in zip(waiting, starts, strict=True)]
    return Shown(pool, Usage(len(pool.holders), pool.slots), holders, queue)


def _end(run: Run, took: Callable[[str], float | None]) -> float | None:
    """When a run can be expected to end."""
    seconds = took(run.pipeline)
    return None if seconds is None or run.started_at is None else run.started_at + seconds


def _known(candidates: Iterable[Any], run_of: Callable[[str], Run]) -> list[Run]:
    """Their runs, without those that were deleted meanwhile."""
    found = []
    for candidate in candidates:
        with suppress(RunNotFound):
            found.append(run_of(candidate.id))
    return found
