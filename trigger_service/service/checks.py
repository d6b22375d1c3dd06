"""What can be judged of a request without knowing the pipeline's parameters. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from trigger_service.domain.admission import Limits
from trigger_service.domain.errors import Problem
from trigger_service.domain.pointers import PARAMETERS, Pointer
from trigger_service.domain.run import RunRequest

WORKERS = (1, 64)
PRIORITY = (-1000, 1000)
ATTEMPTS = (1, 10)
LABELS = 64
IF_ACTIVE = ("run", "attach", "reject")


def problems(request: RunRequest, limits: Limits) -> list[Problem]:
    """Everything that is wrong with the request besides its parameters."""
    return [
        *(() if request.workers is None else _whole_number("/workers", request.workers, *WORKERS)),
        *_whole_number("/priority", request.priority, *PRIORITY),
        *_whole_number("/max_attempts", request.max_attempts, *ATTEMPTS),
        *_timeout(request.timeout_s),
        *_labels(request.labels),
        *_pools(request.pools, limits),
        *_known("/if_active", request.if_active, IF_ACTIVE),
    ]


def place_problems(request: RunRequest, locations: Sequence[str], environments: Sequence[str]) -> list[Problem]:
    """What is wrong with where it is asked for; with any of it, nobody can judge the parameters."""
    named = () if request.location is None else _known("/location", request.location, locations)
    return [*named, *_known("/environment", request.environment, environments)]


def private_problems(parameters: Iterable[Mapping[str, Any]], given: Collection[str], keepers: str) -> list[Problem]:
    """What is wrong with giving values of private parameters to what is kept in clear (`keepers`: "schedules")."""
    mend = "leave it out here, and give it a default in luigi.cfg or an environment variable"
    return [
        Problem(str(PARAMETERS / name), f"{name} is private, and {keepers} keep no private values: {mend}")
        for name in (parameter["name"] for parameter in parameters if parameter["visibility"] != "public")
        if name in given
    ]


def unusable_workers() -> Problem:
    """The request leaves the number of workers to the project, whose configuration has none that can be used."""
    mend = "correct it, or say `workers` in the request"
    return Problem("/workers", f"[core] workers in the project's configuration is no whole number above 0: {mend}")


def _whole_number(pointer: str, value: Any, least: int, most: int) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        yield Problem(pointer, f"{value!r} is no whole number from {least} to {most}")


def _timeout(value: Any) -> Iterator[Problem]:
    if value is None:
        return
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value <= 0:
        yield Problem("/timeout_s", f"{value!r} is no number of seconds above 0; leave it out for no limit")


def _labels(labels: Mapping[Any, Any]) -> Iterator[Problem]:
    if len(labels) > LABELS:
        yield Problem("/labels", f"{len(labels)} labels; {LABELS} are the most")
    for name, value in labels.items():
        if not isinstance(name, str) or not isinstance(value, str):
            yield Problem(str(Pointer.of("labels", name)), f"{value!r} is no text; labels are texts by name")


def _pools(pools: tuple[str, ...], limits: Limits) -> Iterator[Problem]:
    for index, name in enumerate(pools):
        if name not in limits.pools:
            known = ", ".join(sorted(limits.pools)) or "none are configured"
            yield Problem(f"/pools/{index}", f"there is no pool {name!r}; known: {known}")


def _known(pointer: str, value: Any, choices: Sequence[str]) -> Iterator[Problem]:
    if value not in choices:
        yield Problem(pointer, f"{value!r} is none of {', '.join(choices)}")
