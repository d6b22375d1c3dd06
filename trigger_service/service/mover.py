"""Carries on what operations have begun, whatever is killed meanwhile: moves targets by children, and tells the store.

What is to be done stands in the store before anything moves, and each step may be repeated. A move of which a part is
refused is undone as a whole; so is an undoing, in the other direction, once: then what cannot be moved stays where it
is, whole, and is told.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby

from sqlalchemy import Connection

from trigger_service.domain.closure import Maker
from trigger_service.domain.errors import OperationConflict, PlanEnded, StoreUnavailable, TriggerError, Unavailable
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.ids import uuid7
from trigger_service.domain.moves import Order, Piece, Said, Verb
from trigger_service.domain.operations import ACTIVE, Item, ItemState, Operation, OperationState
from trigger_service.domain.place import Place
from trigger_service.domain.retention import DAY_S, Keep
from trigger_service.domain.run import Run, Trigger
from trigger_service.domain.spec import RunSpec
from trigger_service.domain.urls import shown_url
from trigger_service.launchers.base import Planner
from trigger_service.service.clock import Clock
from trigger_service.service.triggers import Triggers
from trigger_service.store import operations as table
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

#: Seconds between two looks at what has been left undone, and at what has expired.
EVERY_S = 30.0
#: Seconds that the moves of one operation in one module may take.
DEADLINE_S = 6 * 3600.0
#: Seconds between two times at which the store is told what has been moved.
TELL_S = 0.25
#: Operations that are carried on at a time.
AT_ONCE = 4
#: How often moves are tried whose child was killed, or cannot be had, before they are undone; seconds between two.
TRIES, PAUSE_S = 3, 0.5
#: The same where nobody is there who could move: after a start, the zygotes may take a while.
PATIENT_TRIES = 120
#: What becomes of an item, by what is said of its target.
_AFTER: Mapping[str, ItemState] = {
    "trashed": "trashed",
    "absent": "absent",
    "restored": "restored",
    "purged": "purged",
    "lost": "absent",
}

#: Gives a run's private values by its id; raises PrivateValuesLost, RunNotFound.
SecretsOf = Callable[[str], Mapping[str, str]]


class Mover:
    """For all operations. Safe for any thread; one process at a time has the home folder."""

    def __init__(
        self,
        *,
        database: Database,
        planner: Planner,
        triggers: Triggers,
        secrets_of: SecretsOf,
        clock: Clock,
        keep: Keep,
    ) -> None:
        """`keep`: how long what was moved waits, and what is over is known."""
        self._database = database
        self._planner = planner
        self._triggers = triggers
        self._secrets_of = secrets_of
        self._trash_s = keep.trash_days * DAY_S
        self._past_s = keep.days * DAY_S
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._pool = ThreadPoolExecutor(AT_ONCE, "mover")
        #: Called whenever something has been moved, by any thread.
        self.on_change: Callable[[], object] = lambda: None
        #: Ids of the operations that are being carried on.
        self._busy: set[str] = set()
        clock.add("operations", self.look, EVERY_S)

    def stop(self) -> None:
        """End what is under way, after the step that it is at; the next start carries it on."""
        self._stopping.set()
        self._pool.shutdown()

    def look(self) -> None:
        """Carry on what is not finished, and empty the trash of what has expired; waits for none of it."""
        now = time.time()
        with self._database.write() as connection:
            for operation in table.expired(connection, now):
                table.change(connection, operation, "expiring", updated_at=now)
            if self._past_s:
                table.forget(connection, now - self._past_s)
            waiting = table.active(connection)
        for operation in waiting:
            with self._changed:
                if operation.id in self._busy or self._stopping.is_set():
                    continue
                self._busy.add(operation.id)
            self._pool.submit(self._carry_on, operation.id)

    def wait(self, operation_id: str, seconds: float) -> Operation | None:
        """The operation, once it is carried on no more, or the seconds are over; None for none of this id."""
        end = time.monotonic() + seconds
        while True:
            with self._changed:
                with self._database.read() as connection:
                    operation = table.get(connection, operation_id)
                left = end - time.monotonic()
                if operation is None or operation.state not in ACTIVE or left <= 0 or self._stopping.is_set():
                    return operation
                self._changed.wait(min(left, 1.0))

    def _carry_on(self, operation_id: str) -> None:
        try:
            failures = 0
            while not self._stopping.is_set():
                with self._database.read() as connection:
                    operation = table.get(connection, operation_id)
                if operation is None or operation.state not in ACTIVE:
                    return
                try:
                    self._step(operation)
                    failures = 0
                except StoreUnavailable:
                    raise
                except TriggerError as error:
                    failures += 1
                    about = {"action": "move_delayed", "operation": operation_id}
                    log.warning("operation %s cannot go on: %s", operation_id, error, extra=about)
                    tries = PATIENT_TRIES if isinstance(error, Unavailable) else TRIES
                    if failures >= tries and not self._give_up(operation, str(error)):
                        return
                    self._stopping.wait(PAUSE_S)
        except PlanEnded:
            return
        except Exception:
            log.exception("carrying on operation %s failed", operation_id, extra={"action": "move_failed"})
        finally:
            with self._changed:
                self._busy.discard(operation_id)
                self._changed.notify_all()
            self.on_change()

    def _give_up(self, operation: Operation, why: str) -> bool:
        """Undo moves that cannot be made; False for what can only be tried again later."""
        if operation.state != "moving" or operation.reason:
            return False
        return self._turn(operation, "undoing", f"It could not be moved: {why}")

    def _step(self, operation: Operation) -> None:
        """Do all that the state asks for, and go on to the next state; raises TriggerError where that cannot be now."""
        if operation.state == "moving":
            self._move(operation)
        elif operation.state == "undoing":
            self._restore(operation)
        else:
            self._purge(operation)

    def _move(self, operation: Operation) -> None:
        refused = self._order(operation, "trash", ("planned", "restored"))
        if refused and not operation.reason:
            self._turn(operation, "undoing", f"It could not be moved: {shown_url(refused[0].url)}: {refused[0].why}")
            return
        fail_point("after all targets are moved")
        if operation.kind == "retry" and operation.run_id is None and operation.retry_of is not None:
            self._submit(operation, operation.retry_of)
            return
        with self._database.write() as connection:
            self._settle(connection, operation)

    def _submit(self, operation: Operation, run_id: str) -> None:
        """Start the run that builds again what was moved: stored in the transaction that ends the move, so once."""

        def settle(connection: Connection, run: Run) -> None:
            if self._settle(connection, operation, run_id=run.id) is None:
                raise OperationConflict(operation_id=operation.id, reason="has been settled already")

        told = f"{operation.actor.partition(' ')[2]}; operation {operation.id}"
        self._triggers.retry(run_id, Trigger("retry", told), settle)
        fail_point("after the retry of an operation is stored")

    def _settle(self, connection: Connection, operation: Operation, **more: str) -> Operation | None:
        now = time.time()
        expires = {"expires_at": self._expiry(connection, operation, now), "updated_at": now}
        return table.change(connection, operation, "moved", **expires, **more)

    def _restore(self, operation: Operation) -> None:
        refused = self._order(operation, "restore", ("planned", "trashed"))
        if refused and not operation.reason:
            self._turn(operation, "moving", f"It could not be undone: {shown_url(refused[0].url)}: {refused[0].why}")
            return
        fail_point("after all targets are put back")
        now, state = time.time(), _over(operation)
        with self._database.write() as connection:
            expires = self._expiry(connection, operation, now)
            table.change(connection, operation, state, updated_at=now, expires_at=expires)

    def _purge(self, operation: Operation) -> None:
        refused = self._order(operation, "purge", ("trashed",))
        if refused:
            raise OperationConflict(
                operation_id=operation.id, reason=f"holds {shown_url(refused[0].url)}: {refused[0].why}"
            )
        with self._database.write() as connection:
            table.change(connection, operation, "expired", updated_at=time.time(), expires_at=None)

    def _turn(self, operation: Operation, state: OperationState, reason: str) -> bool:
        """Go in the other direction."""
        with self._database.write() as connection:
            done = table.change(connection, operation, state, reason=reason, updated_at=time.time())
        log.warning("operation %s: %s", operation.id, reason, extra={"action": "operation_turned"})
        return done is not None

    def _expiry(self, connection: Connection, operation: Operation, now: float) -> float | None:
        held = any(item.state == "trashed" for item in table.items(connection, operation.id))
        return now + self._trash_s if held and self._trash_s else None

    def _order(self, operation: Operation, verb: Verb, states: Sequence[ItemState]) -> list[Said]:
        """Have the items of these states moved, and the store told; gives what was refused."""
        with self._database.read() as connection:
            items = [item for item in table.items(connection, operation.id) if item.state in states]
        refused: list[Said] = []
        if verb == "restore":
            items.reverse()  # what is required last went first, and comes back last
        for _, group in groupby(sorted(items, key=module_of), key=module_of):
            ledger = Ledger(self._database, operation.id, list(group), self.on_change)
            cut = ""
            try:
                cut = self._ordered(operation, verb, ledger)
            finally:
                ledger.tell()
            if cut:
                raise OperationConflict(operation_id=operation.id, reason=f"was cut short: {cut}")
            refused += ledger.refused
        return refused

    def _ordered(self, operation: Operation, verb: Verb, ledger: Ledger) -> str:
        items = ledger.items
        pieces = tuple(Piece(item.family, item.parameters, (item.url,), item.root) for item in items)
        secrets = self._secrets(operation) if any(item.root for item in items) else {}
        spec = move_spec(items[0].place, items[0].module, time.time() + DEADLINE_S)
        order = Order(operation.id, verb, pieces)
        return self._planner.move(spec, secrets, order, ledger.hear, self._stopping.is_set)

    def _secrets(self, operation: Operation) -> Mapping[str, str]:
        """Those of the run that is retried; none where they are gone, for files need none to be put back."""
        try:
            return self._secrets_of(operation.retry_of or "")
        except StoreUnavailable:
            raise
        except TriggerError:
            return {}


class Ledger:
    """What was said of some items of an operation, and when the store is told."""

    def __init__(self, database: Database, operation_id: str, items: list[Item], on_tell: Callable[[], object]) -> None:
        self._on_tell = on_tell
        self.items = items
        self.refused: list[Said] = []
        self._database = database
        self._operation_id = operation_id
        self._untold: list[tuple[int, ItemState, str]] = []
        self._told_at = time.monotonic()

    def hear(self, said: Sequence[Said]) -> None:
        """Take what was said; the store is told of it now and then, for what is not told is asked again."""
        for each in said:
            item = self.items[each.piece]
            state = _AFTER.get(each.status)
            if state is None:
                self.refused.append(replace(each, url=item.url))
            self._untold.append((item.position, state or item.state, each.why))
        if time.monotonic() - self._told_at > TELL_S:
            self.tell()

    def tell(self) -> None:
        """Tell the store."""
        if self._untold:
            fail_point("between moves and what is told of them")
            with self._database.write() as connection:
                table.set_items(connection, self._operation_id, self._untold)
            self._untold = []
            self._on_tell()
        self._told_at = time.monotonic()


def move_spec(place: Place, module: str, deadline: float) -> RunSpec:
    """What a child is told that looks at, or moves, targets of tasks in a module."""
    return RunSpec(
        run_id=uuid7(time.time(), os.urandom(10)),
        attempt=0,
        module=module,
        family="",
        parameters={},
        scheduler_url="",
        location=place.location,
        environment=place.environment,
        deadline=deadline,
    )


def _over(operation: Operation) -> OperationState:
    """What an operation is when all is put back: undone on request, or because it failed."""
    return "failed" if operation.reason else "undone"


def module_of(item: Item | Maker) -> tuple[Place, str]:
    """Whose child can be asked."""
    return item.place, item.module
