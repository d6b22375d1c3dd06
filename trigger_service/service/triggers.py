"""The one way in: every run, whoever asks for it, starts here."""

from __future__ import annotations

from dataclasses import dataclass

from trigger_service.domain.admission import Limits
from trigger_service.domain.queries import Idempotency
from trigger_service.domain.run import Run, RunRequest, Trigger
from trigger_service.launchers.base import CodeHost
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.dispatcher import Dispatcher
from trigger_service.service.doorbell import Doorbell
from trigger_service.service.vault import Vault
from trigger_service.store.engine import Database


@dataclass(frozen=True)
class Submission:
    """What became of a request: its run, which is older than the request if it was `replayed` or `attached`."""

    run: Run
    #: The same Idempotency-Key and body were accepted before.
    replayed: bool = False
    #: A run of the same pipeline with the same parameters was active, and the request said if_active=attach.
    attached: bool = False


class Triggers:
    """Accepts, cancels and retries runs. Safe for any thread."""

    def __init__(
        self,
        *,
        database: Database,
        host: CodeHost,
        vault: Vault,
        limits: Limits,
        broadcast: Broadcast,
        dispatcher: Dispatcher,
        doorbell: Doorbell,
    ) -> None: ...

    def submit(self, request: RunRequest, trigger: Trigger, idempotency: Idempotency | None = None) -> Submission:
        """Accept a request: its run is committed, in state queued, when this returns.

        Raises PipelineNotFound, InvalidRequest (all problems at once), PipelineBroken, AlreadyActive,
        IdempotencyMismatch, ZygoteUnavailable, StoreUnavailable.
        """

    def cancel(self, run_id: str, actor: str) -> Run:
        """Ask for the end of a run: queued is cancelled at once, live becomes cancelling, cancelling stays so.

        Raises RunNotFound, StateConflict for a final run, StoreUnavailable.
        """

    def retry(self, run_id: str, trigger: Trigger) -> Run:
        """A new run of the same task as this final one; `trigger.by` says who asked, `retry_of` names the old run.

        Raises RunNotFound, StateConflict for a run that is not final, StoreUnavailable.
        """
