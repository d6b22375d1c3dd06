"""Operations: targets moved out of the way, with all that was built from them, and put back, each time as one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby

from sqlalchemy import Connection

from trigger_service.domain.audit import Change
from trigger_service.domain.closure import Maker, of_run, of_urls
from trigger_service.domain.errors import (
    NotFound,
    OperationConflict,
    OperationNotFound,
    PrivateValuesLost,
    StateConflict,
    StoreUnavailable,
    TargetNotFound,
    TargetsStay,
    TaskNotFound,
)
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.ids import uuid7
from trigger_service.domain.moves import Order, Piece, Said
from trigger_service.domain.operations import (
    HOLDING,
    Affected,
    AffectedTask,
    Consequences,
    Item,
    Operation,
    OperationKind,
    OperationState,
    Overview,
)
from trigger_service.domain.plan import Expectation, PlannedTask
from trigger_service.domain.run import FINAL
from trigger_service.domain.urls import shown_url
from trigger_service.launchers.base import Planner
from trigger_service.service.expectation import expect, span, with_history
from trigger_service.service.mover import Mover, SecretsOf, module_of, move_spec
from trigger_service.service.obstacles import demand_undoable, demand_unused, refuse_immovable, refuse_taken
from trigger_service.service.plans import TASKS_OF_HISTORY
from trigger_service.service.target_catalogue import whole_urls
from trigger_service.service.turns import Asker, Turns
from trigger_service.store import audit, executions, runs
from trigger_service.store import makers as store_makers
from trigger_service.store import operations as table
from trigger_service.store.engine import Database

#: What the broadcast has as the name of a run, when something of an operation has been moved.
TOPIC = "operations"
#: Seconds that looking at the targets in one module may take.
LOOK_S = 60.0


@dataclass(frozen=True)
class Wish:
    """What is to be moved: targets with, or without, all that was built from them; or what a run has built."""

    urls: tuple[str, ...] = ()
    downstream: bool = True
    #: A run; all of it, or from a task on.
    run_id: str | None = None
    from_task: str | None = None


@dataclass(frozen=True)
class Demand:
    """Who wants it, and why."""

    actor: str
    note: str = ""
    #: Whether live runs that build or read the targets stand in the way.
    even_if_running: bool = False


class Operations:
    """All operations. Safe for any thread."""

    def __init__(
        self, *, database: Database, planner: Planner, turns: Turns, mover: Mover, secrets_of: SecretsOf
    ) -> None:
        self._database = database
        self._planner = planner
        self._turns = turns
        self._mover = mover
        self._secrets_of = secrets_of

    def consequences(self, wish: Wish, asker: Asker) -> Consequences:
        """What would be moved, and what stands in its way. Nothing is changed.

        Raises TargetNotFound, RunNotFound, StateConflict for a run that is not final, TaskNotFound; Busy where the
        client has a plan made; PlanEnded, LaunchFailed, ZygoteUnavailable, UnknownPlace.
        """
        wish = replace(wish, urls=whole_urls(self._database, wish.urls))
        with self._turns.taken(asker.client) as ended:
            makers, workers = self._closure(wish)
            looked, cut = self._look(makers, wish.run_id, lambda: ended.is_set() or asker.gone())
        tasks = _affected(makers, looked)
        with self._database.read() as connection:
            users = store_makers.users(connection, [maker.key for maker in makers])
            moving = table.moving(connection, _urls(tasks, "movable"))
            expectation = _expectation(connection, makers, tasks, workers)
        return Consequences(tasks, expectation, tuple(run_id for run_id, _ in users), tuple(moving), cut)

    def invalidate(self, wish: Wish, demand: Demand, asker: Asker) -> Operation:
        """Move targets into the trash; what is to be moved is on record when this returns, and is moved from then on.

        Raises what `consequences` raises; TargetsStay where one of them cannot be moved, TargetsInUse, and
        OperationConflict where another operation moves some of them now: then nothing is moved.
        """
        return self._begin("retry" if wish.run_id else "invalidate", wish, demand, asker)

    def undo(self, operation_id: str, demand: Demand, asker: Asker) -> Operation:
        """Put everything back; on record when this returns, as for `invalidate`.

        Raises OperationNotFound; OperationConflict for one that holds nothing, or whose run is live; TargetsStay where
        something has been built again, TargetsInUse; Busy, PlanEnded, LaunchFailed, ZygoteUnavailable, UnknownPlace.
        """
        with self._database.read() as connection:
            operation = _found(connection, operation_id)
            items = [item for item in table.items(connection, operation_id) if item.state == "trashed"]
            demand_undoable(connection, operation)
        with self._turns.taken(asker.client) as ended:
            said = self._look_back(operation, items, lambda: ended.is_set() or asker.gone())
        refuse_taken(said)
        now = time.time()
        with self._database.write() as connection:
            demand_undoable(connection, operation)
            if not demand.even_if_running:
                demand_unused(connection, [(item.place, item.task_id) for item in items])
            done = table.change(connection, operation, "undoing", reason="", updated_at=now, expires_at=None)
            if done is None:
                raise OperationConflict(operation_id=operation_id, reason="has been changed meanwhile")
            change = Change(
                demand.actor, "operation undone", f"operation {operation_id}", operation.told(), done.told()
            )
            audit.record(connection, change, now)
        with suppress(StoreUnavailable):  # it is on record, and looked at again soon
            self._mover.look()
        return done

    def purge(self, operation_id: str, actor: str) -> Operation:
        """Delete what waits in the trash, for good, and not only when it expires; on record when this returns.

        Raises OperationNotFound; OperationConflict for one that holds nothing.
        """
        now = time.time()
        with self._database.write() as connection:
            operation = _found(connection, operation_id)
            if operation.state not in HOLDING:
                reason = f"is {operation.state}, so that nothing of it can be deleted"
                raise OperationConflict(operation_id=operation_id, reason=reason)
            done = table.change(connection, operation, "expiring", updated_at=now)
            if done is None:
                raise OperationConflict(operation_id=operation_id, reason="has been changed meanwhile")
            subject = f"operation {operation_id}"
            audit.record(connection, Change(actor, "trash emptied", subject, operation.told(), done.told()), now)
        with suppress(StoreUnavailable):  # it is on record, and looked at again soon
            self._mover.look()
        return done

    def wait(self, operation_id: str, seconds: float) -> Operation:
        """The operation, once nothing of it moves any more or the seconds are over; raises OperationNotFound."""
        found = self._mover.wait(operation_id, seconds)
        if found is None:
            raise OperationNotFound(operation_id=operation_id)
        return found

    def get(self, operation_id: str) -> Overview:
        """One of them, with what its targets are; raises OperationNotFound."""
        with self._database.read() as connection:
            return table.overviews(connection, [_found(connection, operation_id)])[0]

    def listed(
        self, states: Collection[OperationState], run_id: str | None, before: str | None, limit: int
    ) -> list[Overview]:
        """Up to `limit` of them, newest first, before the one of an id."""
        with self._database.read() as connection:
            found = table.listed(connection, states=states, run_id=run_id, before=before, limit=limit)
            return table.overviews(connection, found)

    def items(self, operation_id: str, after: int, limit: int) -> list[Item]:
        """Up to `limit` of its targets after a position; raises OperationNotFound."""
        with self._database.read() as connection:
            _found(connection, operation_id)
            return table.page(connection, operation_id, after, limit)

    def _begin(self, kind: OperationKind, wish: Wish, demand: Demand, asker: Asker) -> Operation:
        wish = replace(wish, urls=whole_urls(self._database, wish.urls))
        found = self.consequences(wish, asker)
        refuse_immovable(found, wish.urls)
        now = time.time()
        operation = Operation(
            id=uuid7(now, os.urandom(10)),
            kind=kind,
            state="moving",
            actor=demand.actor,
            note=demand.note,
            created_at=now,
            updated_at=now,
            named=wish.urls or ((wish.from_task,) if wish.from_task else ()),
            retry_of=wish.run_id,
        )
        items = _items(operation.id, found)
        with self._database.write() as connection:
            if not demand.even_if_running:
                demand_unused(connection, [(task.place, task.task_id) for task in found.tasks])
            for other in table.moving(connection, [item.url for item in items]):
                raise OperationConflict(operation_id=other, reason="moves some of these targets now; nothing was moved")
            table.insert(connection, operation, items)
            action = "run retried with its targets" if kind == "retry" else "targets invalidated"
            after = {**operation.told(), "targets": len(items), "note": demand.note}
            audit.record(connection, Change(demand.actor, action, f"operation {operation.id}", None, after), now)
            fail_point("before an operation is committed")
        fail_point("after an operation is stored")
        with suppress(StoreUnavailable):  # it is on record, and looked at again soon
            self._mover.look()
        return operation

    def _closure(self, wish: Wish) -> tuple[tuple[Maker, ...], int]:
        """The tasks of a wish, and how many may run at a time when they are built again."""
        with self._database.read() as connection:
            if wish.run_id is None:
                return _of_urls(connection, wish), 1
            run = runs.get(connection, wish.run_id)
            if run.state not in FINAL:
                raise StateConflict(run_id=run.id, state=run.state, verb="retried")
            found = of_run(run, executions.of(connection, run.id, run.attempt), wish.from_task)
        if wish.from_task is not None and not found:
            raise TaskNotFound(run_id=run.id, task_id=wish.from_task)
        return found, run.workers

    def _look(
        self, makers: Sequence[Maker], run_id: str | None, unwanted: Callable[[], bool]
    ) -> tuple[dict[int, list[Said]], str]:
        """By the position of each task, what its targets say; and why not all could be asked, if so."""
        said: dict[int, list[Said]] = {}
        secrets = self._secrets(run_id) if run_id else {}
        numbered = sorted(enumerate(makers), key=lambda each: module_of(each[1]))
        for (place, module), group in groupby(numbered, key=lambda each: module_of(each[1])):
            asked = list(group)
            pieces = tuple(Piece(maker.family, maker.parameters, maker.outputs, maker.root) for _, maker in asked)
            spec = move_spec(place, module, time.time() + LOOK_S)
            order = Order(spec.run_id, "look", pieces)
            heard: list[Said] = []
            cut = self._planner.move(spec, secrets, order, heard.extend, unwanted)
            for each in heard:
                said.setdefault(asked[each.piece][0], []).append(each)
            if cut:
                return said, cut
        return said, ""

    def _look_back(self, operation: Operation, items: Sequence[Item], unwanted: Callable[[], bool]) -> list[Said]:
        said: list[Said] = []
        secrets = self._secrets(operation.retry_of) if operation.retry_of else {}
        for (place, module), group in groupby(sorted(items, key=module_of), key=module_of):
            asked = list(group)
            pieces = tuple(Piece(item.family, item.parameters, (item.url,), item.root) for item in asked)
            spec = move_spec(place, module, time.time() + LOOK_S)
            cut = self._planner.move(spec, secrets, Order(operation.id, "look_back", pieces), said.extend, unwanted)
            if cut:
                raise TargetsStay(reason=f"Not every target could be looked at: {cut}.")
        return said

    def _secrets(self, run_id: str) -> Mapping[str, str]:
        with suppress(PrivateValuesLost, NotFound):  # then the tasks that have some say what is missing
            return self._secrets_of(run_id)
        return {}


def _of_urls(connection: Connection, wish: Wish) -> tuple[Maker, ...]:
    catalogue = store_makers.Makers(connection)
    for url in wish.urls:
        if not catalogue.of([url]):
            raise TargetNotFound(url=shown_url(url))
    return of_urls(wish.urls, catalogue.of, catalogue.readers if wish.downstream else lambda _: ())


def _affected(makers: Sequence[Maker], looked: Mapping[int, Sequence[Said]]) -> tuple[AffectedTask, ...]:
    return tuple(
        AffectedTask(
            maker.task_id,
            maker.family,
            maker.place,
            maker.module,
            maker.parameters,
            maker.root,
            tuple(Affected(said.url, said.status, said.why, said.bytes) for said in looked.get(position, ())),
        )
        for position, maker in enumerate(makers)
    )


def _items(operation_id: str, found: Consequences) -> list[Item]:
    """What is moved, each once: first what is required last, so that what is there is never without its inputs."""
    items: dict[str, Item] = {}
    for task in reversed(found.tasks):
        for target in task.targets:
            if target.status == "movable" and target.url not in items:
                items[target.url] = Item(
                    operation=operation_id,
                    position=len(items),
                    url=target.url,
                    place=task.place,
                    module=task.module,
                    family=task.family,
                    task_id=task.task_id,
                    parameters=task.parameters,
                    root=task.root,
                    bytes=target.bytes,
                )
    return list(items.values())


def _expectation(
    connection: Connection, makers: Sequence[Maker], tasks: Sequence[AffectedTask], workers: int
) -> Expectation:
    """How long it takes to build again what would be moved, and what is not there already."""
    busy = [
        PlannedTask(task.task_id, task.family, "will_run", "", task.parameters, maker.requires, ())
        for maker, task in zip(makers, tasks, strict=True)
        if any(target.status in ("movable", "absent") for target in task.targets)
    ]
    families = {task.family for task in busy}
    history = {family: span(executions.durations(connection, family, TASKS_OF_HISTORY)) for family in families}
    return expect(with_history(busy, history), None, max(1, workers))


def _found(connection: Connection, operation_id: str) -> Operation:
    found = table.get(connection, operation_id)
    if found is None:
        raise OperationNotFound(operation_id=operation_id)
    return found


def _urls(tasks: Sequence[AffectedTask], status: str) -> list[str]:
    return [target.url for task in tasks for target in task.targets if target.status == status]
