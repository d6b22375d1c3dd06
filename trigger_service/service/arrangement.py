"""From what the tasks said to what would happen: states, reasons and the order in which they would run. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trigger_service.domain.plan import Builder, Fault, Finding, PlannedTask, PlanState, Walk

#: How many blockers are named for each task.
NAMED = 10


@dataclass(frozen=True)
class _Outlook:
    """What would become of one task, and what stands in its way."""

    state: PlanState
    why: str
    blocked_by: tuple[str, ...] = ()
    fault: Fault | None = None
    run_id: str | None = None
    #: Whether something that it requires was not looked at.
    open_end: bool = False


def arrange(walk: Walk, builders: Mapping[str, Builder]) -> list[PlannedTask]:
    """All tasks that were found, those that are required before those that require them.

    `builders` are the live runs that build tasks, by task id.
    """
    found = {finding.task_id: finding for finding in walk.findings}
    outlooks: dict[str, _Outlook] = {}
    planned: list[PlannedTask] = []
    for task_id, circle in _in_order(found):
        finding = found[task_id]
        outlook = _refused(walk.refusal, finding) or _outlook(finding, circle, outlooks, builders.get(task_id))
        outlooks[task_id] = outlook
        planned.append(_planned(finding, outlook))
    return planned


def _in_order(found: Mapping[str, Finding]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Ids, requirements first, each with the circle of requirements that it is in. No recursion: chains are long."""
    done: set[str] = set()
    circles: dict[str, tuple[str, ...]] = {}
    for start in found:
        # the way from `start` to the task that is being looked at, and what of each is still to be looked at
        way: dict[str, Iterator[str]] = {} if start in done else {start: iter(found[start].requires)}
        while way:
            task_id = next(reversed(way))
            following = next((other for other in way[task_id] if other in found and other not in done), None)
            if following is None:
                del way[task_id]
                done.add(task_id)
                yield task_id, circles.get(task_id, ())
            elif following in way:
                ids = list(way)
                circle = tuple(ids[ids.index(following) :])
                circles.update((member, circle) for member in circle if member not in circles)
            else:
                way[following] = iter(found[following].requires)


def _refused(refusal: Fault | None, finding: Finding) -> _Outlook | None:
    """What becomes of a task when Luigi refuses the run as a whole."""
    if refusal is None or finding.kind in ("complete", "broken"):
        return None
    return _Outlook("blocked", "Luigi would refuse the whole run, so that nothing of it would run", (refusal.task_id,))


def _outlook(
    finding: Finding, circle: tuple[str, ...], outlooks: Mapping[str, _Outlook], builder: Builder | None
) -> _Outlook:
    if finding.kind == "complete":
        return _Outlook("complete", finding.why, fault=finding.fault)
    if builder is not None and builder.running:
        return _Outlook("shared", "another run is at it now", run_id=builder.run_id)
    if finding.kind == "broken":
        return _Outlook("error", finding.why, fault=finding.fault)
    if finding.kind in ("missing", "withheld"):
        return _Outlook("blocked", finding.why, fault=finding.fault)
    if circle:
        return _circular(finding, circle)
    return _after_requirements(finding, outlooks, builder)


def _circular(finding: Finding, circle: tuple[str, ...]) -> _Outlook:
    shown = [*circle[:NAMED], "..."] if len(circle) > NAMED else [*circle, circle[0]]
    why = f"its requirements lead back to it: {' -> '.join(shown)}"
    return _Outlook("error", why, fault=Fault(finding.task_id, "requires", "CircularRequirements", why))


def _after_requirements(finding: Finding, outlooks: Mapping[str, _Outlook], builder: Builder | None) -> _Outlook:
    """What becomes of a task that could run, by what becomes of what it requires."""
    blockers: dict[str, None] = {}
    for required in finding.requires:
        outlook = outlooks.get(required)
        if outlook is not None and outlook.state in ("blocked", "error"):
            blockers.update(dict.fromkeys(outlook.blocked_by or (required,)))
    if blockers:
        named = tuple(blockers)[:NAMED]
        more = f" and {len(blockers) - 3} more" if len(blockers) > 3 else ""
        return _Outlook("blocked", f"it waits in vain for {', '.join(named[:3])}{more}", named)
    if builder is not None:
        return _Outlook("shared", "another run is going to build it", run_id=builder.run_id)
    if any(required not in outlooks or outlooks[required].open_end for required in finding.requires):
        why = f"{finding.why}; not all that it requires was looked at before the plan was cut"
        return _Outlook("unknown", why, open_end=True)
    return _Outlook("unknown" if finding.kind == "dynamic" else "will_run", finding.why, fault=finding.fault)


def _planned(finding: Finding, outlook: _Outlook) -> PlannedTask:
    return PlannedTask(
        task_id=finding.task_id,
        family=finding.family,
        state=outlook.state,
        why=outlook.why,
        parameters=finding.parameters,
        requires=finding.requires,
        outputs=finding.outputs,
        blocked_by=outlook.blocked_by,
        run_id=outlook.run_id,
        fault=outlook.fault,
    )
