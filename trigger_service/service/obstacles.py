"""What stands in the way of an operation: each is an error that names it, and nothing is moved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

from sqlalchemy import Connection

from trigger_service.domain.errors import NotFound, OperationConflict, TargetsInUse, TargetsStay
from trigger_service.domain.moves import Said
from trigger_service.domain.operations import HOLDING, Affected, Consequences, Operation
from trigger_service.domain.place import Place
from trigger_service.domain.run import FINAL, Run
from trigger_service.domain.urls import shown_url
from trigger_service.store import makers, runs

#: Targets that are named in a refusal.
NAMED = 5


def refuse_immovable(found: Consequences, urls: Collection[str]) -> None:
    """Raise TargetsStay where a target cannot be moved, or not every one was looked at."""
    if found.cut:
        raise TargetsStay(reason=f"Not every target could be looked at: {found.cut}.")
    cannot = [*found.of("cannot"), *(target for target in found.of("kept") if target.url in urls)]
    if cannot:
        raise TargetsStay(reason=_named("cannot be moved", cannot))


def refuse_taken(said: Sequence[Said]) -> None:
    """Raise TargetsStay where what waits in the trash cannot be put back."""
    taken = [Affected(each.url, each.status, each.why) for each in said if each.status in ("taken", "cannot")]
    if taken:
        mend = " Move the new ones out of the way first (luigi-trigger targets invalidate URL), and undo again."
        again = any(each.status == "taken" for each in taken)
        raise TargetsStay(reason=_named("cannot be put back", taken) + (mend if again else ""))


def _named(verb: str, targets: Sequence[Affected]) -> str:
    more = f" (and {len(targets) - NAMED} more)" if len(targets) > NAMED else ""
    told = "; ".join(f"{shown_url(target.url) or 'a task'}: {target.why}" for target in targets[:NAMED])
    return f"{len(targets)} {'target' if len(targets) == 1 else 'targets'} {verb}: {told}{more}."


def demand_unused(connection: Connection, tasks: Sequence[tuple[Place, str]]) -> None:
    """Raise TargetsInUse where a live run builds, or reads, what these tasks build."""
    for run_id, state in makers.users(connection, tasks):
        raise TargetsInUse(run_id=run_id, state=state)


def demand_undoable(connection: Connection, operation: Operation) -> None:
    """Raise OperationConflict for one that holds nothing, or whose run is at work."""
    if operation.state not in HOLDING:
        reason = f"is {operation.state}, so it cannot be undone"
        raise OperationConflict(operation_id=operation.id, reason=reason)
    run = _run_of(connection, operation)
    if run is not None and run.state not in FINAL:
        reason = f"cannot be undone while run {run.id}, which builds its targets again, is {run.state}: cancel it first"
        raise OperationConflict(operation_id=operation.id, reason=reason)


def _run_of(connection: Connection, operation: Operation) -> Run | None:
    with suppress(NotFound):
        return runs.get(connection, operation.run_id) if operation.run_id else None
    return None
