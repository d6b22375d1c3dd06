"""Pools as people see them: their slots, who holds one, and who waits for one and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from trigger_service.domain.admission import ALL, OF_PIPELINE, Candidate, Limits, Plan, plan, pools_of
from trigger_service.domain.errors import Problem
from trigger_service.domain.names import EXPECTED, is_name

#: The most slots that a pool may have.
MOST = 10_000


@dataclass(frozen=True)
class Waiting:
    """A queued run that waits for a slot."""

    run: Candidate
    reason: str


@dataclass(frozen=True)
class Pool:
    """A limit as it is now. Lowering it ends no run: nothing more starts until there is room."""

    name: str
    #: 0 for no limit.
    slots: int
    #: What luigi.cfg says; None where it says nothing of a pool of this name.
    configured: Optional[int]
    #: Whether its slots were set while the service ran, and so count instead of what luigi.cfg says.
    resized: bool
    holders: Tuple[Candidate, ...] = ()
    queue: Tuple[Waiting, ...] = ()


def pools(
    configured: Limits, resized: Mapping[str, int], live: Sequence[Candidate], queued: Sequence[Candidate]
) -> List[Pool]:
    """Every pool that has a limit, or is held, or was ever resized: that of all runs first, then by name."""
    limits = configured.resized(resized)
    holders: Dict[str, List[Candidate]] = {}
    for run in live:
        for name in pools_of(run):
            holders.setdefault(name, []).append(run)
    waiting = _waiting(plan(queued, live, limits), queued)
    names = {ALL, *holders, *waiting, *resized, *limits.pools, *(f"{OF_PIPELINE}{name}" for name in limits.pipelines)}
    return [
        Pool(
            name=name,
            slots=limits.slots(name),
            configured=_configured(configured, name),
            resized=name in resized,
            holders=tuple(holders.get(name, ())),
            queue=tuple(waiting.get(name, ())),
        )
        for name in sorted(names, key=lambda name: (name != ALL, name.startswith(OF_PIPELINE), name))
    ]


def problems(name: str, slots: object) -> List[Problem]:
    """What is wrong with a pool that somebody wants."""
    found = []
    own = name[len(OF_PIPELINE) :] if name.startswith(OF_PIPELINE) else name
    if not own or (own == name and not is_name(name)):
        expected = f"{ALL}, {OF_PIPELINE}NAME, or {EXPECTED}"
        found.append(Problem("/name", f"{name!r} is no name of a pool; expected {expected}"))
    if isinstance(slots, bool) or not isinstance(slots, int) or not 0 <= slots <= MOST:
        found.append(Problem("/slots", f"{slots!r} is no whole number from 0 to {MOST}; 0 is no limit"))
    return found


def _configured(limits: Limits, name: str) -> Optional[int]:
    known = name == ALL or name.startswith(OF_PIPELINE) or name in limits.pools
    return limits.slots(name) if known else None


def _waiting(decided: Plan, queued: Sequence[Candidate]) -> Dict[str, List[Waiting]]:
    """By pool, the runs that wait for one of its slots, in the order in which they come."""
    found: Dict[str, List[Waiting]] = {}
    for run in queued:
        if run.id in decided.full:
            found.setdefault(decided.full[run.id], []).append(Waiting(run, decided.reasons[run.id]))
    return found
