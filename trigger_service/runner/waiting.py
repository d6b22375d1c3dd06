"""What a worker that was given nothing to do should do next. Pure.

It waits only while a task of its own runs elsewhere, is ready but held up (a resource, a pause), or has a retry left.
A task that another worker failed is taken over. A missing external, or a task that failed for good, ends the run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, FrozenSet, Mapping, Optional, Tuple

from trigger_service.domain.spec import parse_worker_id

#: Longest single wait, in seconds: luigid wakes the worker earlier when something changes.
LONGEST_WAIT_S = 10.0
#: The same where luigid sees nothing that holds the task up: it became free a moment ago, or is kept for another.
SHORT_WAIT_S = 0.1
GRANTABLE = "can be granted"


@dataclass(frozen=True)
class Wait:
    """What another worker builds, or what holds a ready task up, by task id."""

    reasons: Mapping[str, str]
    #: The tasks whose change ends the wait; none means any change.
    tasks: Tuple[str, ...]
    timeout_s: float
    version: int


@dataclass(frozen=True)
class Next:
    """Take over what others failed, repeat what has a retry left, then perhaps wait; with nothing of these, end."""

    take_over: Tuple[str, ...] = ()
    retry: Tuple[str, ...] = ()
    wait: Optional[Wait] = None
    #: Why tasks can never run, by task id.
    impossible: Mapping[str, str] = field(default_factory=dict)

    @property
    def ends(self) -> bool:
        """Whether there is nothing left that this worker could do or wait for."""
        return not (self.take_over or self.retry or self.wait)


def decide(blockers: Mapping[str, Any], now: float, taken: FrozenSet[str]) -> Next:
    """The next step, from luigid's `blockers`; `taken` are tasks that this worker must not take over."""
    failed = blockers["failed"]
    take_over = tuple(f["task_id"] for f in failed if not f["mine"] and f["task_id"] not in taken)
    waiting_for_retry = [f for f in failed if f["mine"] and f["retry_at"] is not None]
    retry = tuple(f["task_id"] for f in waiting_for_retry if f["retry_at"] <= now)
    if take_over or retry:
        return Next(take_over, retry)
    reasons = {r["task_id"]: builder(r) for r in blockers["running_elsewhere"]}
    held_up = {r["task_id"]: r["reason"] for r in blockers["ready"]}
    if not (reasons or held_up or waiting_for_retry):
        return Next(impossible={r["task_id"]: r["reason"] for r in blockers["impossible"]})
    longest_s = SHORT_WAIT_S if GRANTABLE in held_up.values() else LONGEST_WAIT_S
    timeout_s = min([longest_s, *(f["retry_at"] - now for f in waiting_for_retry)])
    tasks = () if held_up else tuple(reasons)
    return Next(wait=Wait({**reasons, **held_up}, tasks, max(0.0, timeout_s), blockers["version"]))


def builder(running: Mapping[str, Any]) -> str:
    """Who builds a task: one of our runs by its id, any other worker by host and pid."""
    ours = parse_worker_id(running["worker"])
    if ours is not None:
        return f"run {ours[0]}"
    return f"{running.get('host') or 'unknown host'} pid {running.get('pid') or 'unknown'}"
