"""The one way in: every run, whoever asks for it, starts here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from trigger_service.domain.admission import Limits
from trigger_service.domain.errors import (
    AlreadyActive,
    Conflict,
    InvalidParameters,
    InvalidRequest,
    NotFound,
    PipelineBroken,
    Problem,
    StateConflict,
    TriggerError,
)
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.ids import uuid7
from trigger_service.domain.mistakes import mend
from trigger_service.domain.place import DEFAULT, Place
from trigger_service.domain.queries import Idempotency
from trigger_service.domain.run import FINAL, IfActive, Progress, Run, RunRequest, Trigger
from trigger_service.launchers.base import Catalogue, CodeHost, Pipeline, Validated
from trigger_service.launchers.places import Places
from trigger_service.service import checks
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.dispatcher import Dispatcher
from trigger_service.service.doorbell import Doorbell
from trigger_service.service.vault import Vault
from trigger_service.store import idempotency as keys
from trigger_service.store import presets, runs
from trigger_service.store.engine import Database


@dataclass(frozen=True)
class Submission:
    """What became of a request: its run, which is older than the request if it was `replayed` or `attached`."""

    run: Run
    #: The same Idempotency-Key and body were accepted before.
    replayed: bool = False
    #: A run of the same pipeline with the same parameters was active, and the request said if_active=attach.
    attached: bool = False


#: Stores, in the transaction that stores a run, what is settled with it; raises for what is not to have that run.
Settle = Callable[[Connection, Run], None]


@dataclass(frozen=True)
class _Wanted:
    """A validated request: the run it makes unless there is one already, and what decides that."""

    run: Run
    if_active: IfActive
    identity: str
    sealed: str
    idempotency: Idempotency | None
    settle: Settle | None


class Triggers:
    """Accepts, cancels and retries runs. Safe for any thread."""

    def __init__(
        self,
        *,
        database: Database,
        places: Places[CodeHost],
        vault: Vault,
        limits: Callable[[], Limits],
        broadcast: Broadcast,
        dispatcher: Dispatcher,
        doorbell: Doorbell,
    ) -> None:
        self._database = database
        self._places = places
        self._vault = vault
        self._limits = limits
        self._broadcast = broadcast
        self._dispatcher = dispatcher
        self._doorbell = doorbell
        #: As they were last read, by environment and location (None for all).
        self._catalogues: dict[tuple[str, str | None], Catalogue] = {}

    def submit(
        self,
        request: RunRequest,
        trigger: Trigger,
        idempotency: Idempotency | None = None,
        settle: Settle | None = None,
    ) -> Submission:
        """Accept a request: its run is committed, in state queued, when this returns, and what `settle` stores with it.

        Raises PipelineNotFound, AmbiguousPipeline, InvalidRequest (all problems at once), PipelineBroken,
        AlreadyActive, IdempotencyMismatch, ZygoteUnavailable, StoreUnavailable.
        """
        if idempotency is not None:  # sealed, for private values could be guessed from a plain hash
            idempotency = replace(idempotency, body_hash=self._vault.digest(idempotency.body_hash))
        replayed = self._replay(idempotency)
        if replayed is not None:
            return replayed
        pipeline, validated = self.judged(request)
        wanted = _Wanted(
            run=_new_run(self._with_pools(request, pipeline), pipeline, validated, trigger, time.time()),
            if_active=request.if_active,
            identity=self._identity(request, pipeline, validated),
            sealed=self._vault.seal(validated.secrets),
            idempotency=idempotency,
            settle=settle,
        )
        fail_point("before a submission is stored")
        with self._database.write() as connection:
            submission = _store(connection, wanted)
        fail_point("after a submission is stored")
        self._announce(submission.run.id)
        return submission

    def cancel(self, run_id: str, actor: str) -> Run:
        """Ask for the end of a run: queued is cancelled at once, live becomes cancelling, cancelling stays so.

        Raises RunNotFound, StateConflict for a final run, StoreUnavailable.
        """
        now = time.time()
        with self._database.write() as connection:
            run = runs.get(connection, run_id)
            if run.state in FINAL:
                raise StateConflict(run_id=run_id, state=run.state, verb="cancelled")
            asked: dict[str, Any] = {"reason": "cancelled on request", "cancel_requested_at": now}
            if run.state == "queued":
                run = runs.change(connection, run, "cancelled", now=now, actor=actor, finished_at=now, **asked)
            elif run.state != "cancelling":
                run = runs.change(connection, run, "cancelling", now=now, actor=actor, **asked)
        fail_point("after a cancellation is stored")
        self._announce(run_id)
        self._doorbell.ring(run_id)
        return run

    def retry(self, run_id: str, trigger: Trigger, settle: Settle | None = None) -> Run:
        """A new run of the same task as this final one; `trigger.by` says who asked, `retry_of` names the old run.

        `settle` as for `submit`.

        Raises RunNotFound, StateConflict for a run that is not final, PrivateValuesLost, StoreUnavailable.
        """
        self._vault.secrets(run_id)  # to say it now where they are lost
        now = time.time()
        with self._database.write() as connection:
            old = runs.get(connection, run_id)
            if old.state not in FINAL:
                raise StateConflict(run_id=run_id, state=old.state, verb="retried")
            identity, sealed = runs.identity_and_sealed(connection, run_id)
            run = _again(old, trigger, now)
            runs.insert(connection, run, identity=identity, sealed=sealed)
            if settle is not None:
                settle(connection, run)
        self._announce(run.id)
        return run

    def judged(self, request: RunRequest) -> tuple[Pipeline, Validated]:
        """The pipeline and its parameters, judged by the code of now; raises what `submit` raises for a bad request.

        `workers` are those of the request where it names any.

        The catalogue is read only where the last one does not do: the pipeline is new, or was moved or taken away.
        """
        request = self._with_preset(request)
        problems = checks.place_problems(request, self._places.locations, self._places.environments)
        if problems:
            raise InvalidRequest([*problems, *self._other_problems(request)])
        try:
            asked = self._catalogues.get((request.environment, request.location), Catalogue())
            known = asked.find(request.pipeline, request.module)
            return known, self._validate(request, known)
        except (NotFound, Conflict):
            pipeline = self.pipeline(request)
        except (InvalidRequest, PipelineBroken):
            pipeline = self.pipeline(request)
            if pipeline.module == known.module:
                raise
        return pipeline, self._validate(request, pipeline)

    def _with_pools(self, request: RunRequest, pipeline: Pipeline) -> RunRequest:
        """The request with the pools that its pipeline is always in."""
        always = self._limits().memberships.get(pipeline.family, ())
        return replace(request, pools=tuple(dict.fromkeys((*always, *request.pools))))

    def _with_preset(self, request: RunRequest) -> RunRequest:
        """The request with its parameters laid over those of the preset that it names; raises InvalidRequest."""
        if not request.preset:
            return request
        with self._database.read() as connection:
            found = presets.listed(connection, request.pipeline)
        for preset in found:
            if preset.name == request.preset:
                return replace(request, parameters={**preset.parameters, **request.parameters}, preset="")
        hint = mend(request.preset, [preset.name for preset in found]) if found else "it has none"
        detail = f"{request.pipeline} has no preset {request.preset!r}; {hint}"
        raise InvalidRequest([Problem("/preset", detail)])

    def _replay(self, idempotency: Idempotency | None) -> Submission | None:
        if idempotency is None:
            return None
        with self._database.read() as connection:
            first = keys.RUNS.first(connection, idempotency, time.time())
            return None if first is None else Submission(runs.get(connection, first), replayed=True)

    def _other_problems(self, request: RunRequest) -> list[Problem]:
        """What else is wrong with a request for a place that is none: as if it were for one that is."""
        try:
            self.judged(replace(request, location=None, environment=DEFAULT))
        except InvalidRequest as error:
            return error.problems
        except TriggerError:
            return []
        return []

    def pipeline(self, request: RunRequest) -> Pipeline:
        """The pipeline that a request means, of the code of now; raises PipelineNotFound, AmbiguousPipeline, ..."""
        catalogue = self._places.catalogue(request.environment, request.location)
        self._catalogues[request.environment, request.location] = catalogue
        return catalogue.find(request.pipeline, request.module)

    def _validate(self, request: RunRequest, pipeline: Pipeline) -> Validated:
        problems = checks.problems(request, self._limits())
        host = self._places.at(Place(pipeline.location, request.environment))
        try:
            validated = host.validate(pipeline.module, pipeline.family, request.parameters)
        except InvalidParameters as error:
            if not problems:
                raise
            raise InvalidRequest([*problems, *error.problems]) from error
        workers = validated.workers if request.workers is None else request.workers
        if not workers:
            problems.append(checks.unusable_workers())
        if problems:
            raise InvalidRequest(problems)
        return replace(validated, workers=workers)

    def _identity(self, request: RunRequest, pipeline: Pipeline, validated: Validated) -> str:
        place = [pipeline.location, request.environment, pipeline.module, pipeline.family]
        return self._vault.digest([*place, dict(validated.texts), dict(validated.secrets)])

    def _announce(self, run_id: str) -> None:
        self._dispatcher.wake()
        self._broadcast.notify(run_id)


def _store(connection: Connection, wanted: _Wanted) -> Submission:
    """Decide and store in one transaction: between two equal requests, the second sees what the first has done."""
    run, asked = wanted.run, wanted.idempotency
    first = keys.RUNS.first(connection, asked, run.created_at) if asked else None
    if first is not None:
        return Submission(runs.get(connection, first), replayed=True)
    active = runs.active(connection, wanted.identity) if wanted.if_active != "run" else None
    if active is not None and wanted.if_active == "reject":
        raise AlreadyActive(run_id=active.id, state=active.state)
    if active is None:
        runs.insert(connection, run, identity=wanted.identity, sealed=wanted.sealed)
    accepted = active or run
    if asked is not None:
        keys.RUNS.remember(connection, asked, accepted.id, run.created_at)
    if wanted.settle is not None:
        wanted.settle(connection, accepted)
    fail_point("before a submission is committed")
    return Submission(accepted, attached=active is not None)


def _new_run(request: RunRequest, pipeline: Pipeline, validated: Validated, trigger: Trigger, now: float) -> Run:
    return Run(
        id=uuid7(now, os.urandom(10)),
        state="queued",
        pipeline=pipeline.family,
        module=pipeline.module,
        parameters=validated.parameters,
        texts=validated.texts,
        task_id=validated.task_id,
        trigger=trigger,
        created_at=now,
        location=pipeline.location,
        environment=request.environment,
        workers=validated.workers,
        priority=request.priority,
        pools=request.pools,
        labels=request.labels,
        timeout_s=request.timeout_s,
        max_attempts=request.max_attempts,
        code_fingerprint=validated.code_fingerprint,
    )


def _again(old: Run, trigger: Trigger, now: float) -> Run:
    """The run that was asked for, as if it had just been asked for; the code it will meet is that of its start."""
    return old.evolve(
        id=uuid7(now, os.urandom(10)),
        state="queued",
        reason="",
        trigger=Trigger("retry", trigger.by or old.id),
        created_at=now,
        attempt=0,
        started_at=None,
        finished_at=None,
        cancel_requested_at=None,
        verified=None,
        progress=Progress(),
        error=None,
        retry_of=old.id,
        code_fingerprint="",
        code_commit=None,
        code_dirty=None,
    )
