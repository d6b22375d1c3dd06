"""Which queued runs may start now. Pure: everything it weighs is an argument.

A run holds one slot of every pool it is in while it is live: the pool of all runs, that of its pipeline, and those it
names. Order is priority (higher first), then age. A run that waits for its own pool does not hold up those behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Dict, Iterable, List, Mapping, Sequence, Set, Tuple

from trigger_service.domain.place import Place

#: The pool of all runs; that of a pipeline is `pipeline:` and its name, and any other has a name of its own.
ALL = "all"
OF_PIPELINE = "pipeline:"


@dataclass(frozen=True)
class Limits:
    """How many runs may be live at once; 0 means no limit."""

    #: Over all pipelines.
    runs: int = 16
    #: For each pipeline that `pipelines` does not name.
    runs_per_pipeline: int = 0
    #: By pipeline.
    pipelines: Mapping[str, int] = field(default_factory=dict)
    #: Slots by pool name.
    pools: Mapping[str, int] = field(default_factory=dict)
    #: By pipeline: the pools in which each run of it holds a slot, whatever its request names.
    memberships: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)

    def slots(self, pool: str) -> int:
        """The slots of a pool; 0 for no limit."""
        if pool == ALL:
            return self.runs
        if pool.startswith(OF_PIPELINE):
            return self.pipelines.get(pool[len(OF_PIPELINE) :], self.runs_per_pipeline)
        return self.pools.get(pool, 0)

    def resized(self, slots: Mapping[str, int]) -> Limits:
        """The limits with other slots for these pools, some of which may be new."""
        pipelines = {pool[len(OF_PIPELINE) :]: count for pool, count in slots.items() if pool.startswith(OF_PIPELINE)}
        named = {pool: count for pool, count in slots.items() if pool != ALL and not pool.startswith(OF_PIPELINE)}
        return replace(
            self,
            runs=slots.get(ALL, self.runs),
            pipelines={**self.pipelines, **pipelines},
            pools={**self.pools, **named},
        )


@dataclass(frozen=True)
class Candidate:
    """What admission needs to know of a run, queued or live."""

    id: str
    pipeline: str
    priority: int
    created_at: float
    pools: Tuple[str, ...] = ()
    place: Place = field(default_factory=Place)


def pools_of(run: Candidate) -> Tuple[str, ...]:
    """The names of all pools a run is in."""
    return (ALL, f"{OF_PIPELINE}{run.pipeline}", *run.pools)


@dataclass(frozen=True)
class Plan:
    """The ids to start, in order, and for each run that has to wait one line that says why."""

    start: Tuple[str, ...]
    reasons: Mapping[str, str]
    #: For each run that has to wait, the first of its pools that is full.
    full: Mapping[str, str]


def plan(queued: Iterable[Candidate], live: Sequence[Candidate], limits: Limits) -> Plan:
    """Decide for all `queued` runs, given the `live` ones."""
    holders: Dict[str, List[str]] = {}
    for run in live:
        for pool in pools_of(run):
            holders.setdefault(pool, []).append(run.id)
    start: List[str] = []
    reasons: Dict[str, str] = {}
    waits: Dict[str, str] = {}
    for run in sorted(queued, key=lambda r: (-r.priority, r.created_at, r.id)):
        full = next((pool for pool in pools_of(run) if _is_full(pool, holders, limits)), None)
        if full is None:
            start.append(run.id)
            for pool in pools_of(run):
                holders.setdefault(pool, []).append(run.id)
        else:
            waits[run.id] = full
            reasons[run.id] = _reason(full, limits.slots(full), holders[full])
    return Plan(tuple(start), reasons, waits)


def saturated_pipelines(live: Sequence[Candidate], limits: Limits) -> Set[str]:
    """Pipelines whose own limit is reached, so that their queued runs need not even be read."""
    counts: Dict[str, int] = {}
    for run in live:
        counts[run.pipeline] = counts.get(run.pipeline, 0) + 1
    return {name for name, count in counts.items() if 0 < limits.slots(f"{OF_PIPELINE}{name}") <= count}


def _is_full(pool: str, holders: Mapping[str, Sequence[str]], limits: Limits) -> bool:
    slots = limits.slots(pool)
    return slots > 0 and len(holders.get(pool, ())) >= slots


def _reason(pool: str, slots: int, holders: Sequence[str]) -> str:
    shown = ", ".join(holders[:3]) + (f" and {len(holders) - 3} more" if len(holders) > 3 else "")
    what = "all runs" if pool == ALL else f"pool {pool}"
    if pool.startswith(OF_PIPELINE):
        what = f"pipeline {pool[len(OF_PIPELINE) :]}"
    return f"waits for a slot: {what} may have {slots} live at once, held by {shown}"
