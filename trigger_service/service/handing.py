"""Hands in what schedules, sensors and backfills ask for: each is settled once, with the run that it has become."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from sqlalchemy import Connection

from trigger_service.domain.errors import AlreadyActive, TriggerError, Unavailable
from trigger_service.domain.run import Run, RunRequest, Trigger
from trigger_service.service.counters import Counters
from trigger_service.service.triggers import Triggers
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

#: How many are handed in side by side: one whose pipeline is slow to judge holds up few others.
_SIDE_BY_SIDE = 8
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Outcome:
    """What has become of something that asks for a run: `pending` waits, and is tried again; the others are final."""

    state: Literal["pending", "started", "skipped", "failed"]
    reason: str = ""
    run_id: str | None = None
    #: What the reason tells of, where it is an error.
    error: Exception | None = field(default=None, compare=False)


#: Stores an outcome; False where it was settled before.
Settle = Callable[[Connection, Outcome], bool]


class _SettledBefore(Exception):
    """Somebody else has settled it meanwhile; the run that was to be stored with it is not."""


class Handing:
    """Hands in one thing, or many. Safe for any thread."""

    def __init__(self, database: Database, triggers: Triggers, counters: Counters) -> None:
        self._database = database
        self._counters = counters
        self._triggers = triggers
        self._pool = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="hand in")

    def stop(self) -> None:
        """Take no more; ends after what is being handed in."""
        self._pool.shutdown()

    def hand_in(
        self,
        made: Callable[[], RunRequest | Outcome],
        trigger: Trigger,
        settle: Settle,
        waits_for: tuple[type[TriggerError], ...] = (Unavailable,),
    ) -> Outcome | None:
        """Submit the request that `made` gives, and settle what asked for it; None where it was settled before.

        `made` may give the outcome itself, where there is to be no run; `waits_for` are the errors that pass. Raises
        StoreUnavailable only.
        """

        def settle_with(connection: Connection, run: Run) -> None:
            if not settle(connection, Outcome("started", run_id=run.id)):
                raise _SettledBefore

        try:
            request = made()
            if not isinstance(request, Outcome):
                submission = self._triggers.submit(request, trigger, settle=settle_with)
                return self._counted(Outcome("started", run_id=submission.run.id), trigger)
            outcome = request
        except _SettledBefore:
            return None
        except Exception as error:  # whatever it is, the others have to be served
            outcome = _refused(error, trigger, waits_for)
        with self._database.write() as connection:
            settled = settle(connection, outcome)
        return self._counted(outcome, trigger) if settled else None

    def each(self, serve: Callable[[_Item], None], items: Iterable[_Item]) -> None:
        """Serve all items, some side by side; what one of them raises is raised after the others are served."""
        futures = [self._pool.submit(serve, item) for item in items]
        errors = [error for future in futures if (error := future.exception()) is not None]
        if errors:
            raise errors[0]

    def _counted(self, outcome: Outcome, trigger: Trigger) -> Outcome:
        """The outcome, counted where it is final; of a part of a backfill that has started its end is."""
        if outcome.state == "pending":
            return outcome
        if trigger.kind == "schedule":
            self._counters.add_fires(outcome.state)
        elif trigger.kind != "backfill":
            self._counters.add_delivery(trigger.kind, outcome.state)
        elif outcome.state != "started":
            self._counters.add_parts({outcome.state: 1})
        return outcome


def _refused(error: Exception, trigger: Trigger, waits_for: tuple[type[TriggerError], ...]) -> Outcome:
    """What the error of a submission means to what asked for it."""
    told = {"action": "trigger_refused", "trigger": f"{trigger.kind} {trigger.by}"}
    if isinstance(error, waits_for):
        return Outcome("pending", str(error), error=error)
    if isinstance(error, AlreadyActive):
        return Outcome("skipped", str(error), error=error)
    if isinstance(error, TriggerError):
        log.warning("%s %s starts no run: %s", trigger.kind, trigger.by, error, extra=told)
        return Outcome("failed", str(error), error=error)
    log.exception("%s %s starts no run", trigger.kind, trigger.by, extra=told)
    return Outcome("failed", f"an error of the service itself: {error!r}; its log has more", error=error)
