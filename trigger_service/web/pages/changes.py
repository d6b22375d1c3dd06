"""What people changed of something: each change in the record, member by member. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trigger_service.domain.audit import AuditRow
from trigger_service.domain.mistakes import cut

#: Characters of a value that are shown.
_SHOWN = 200


@dataclass(frozen=True)
class Difference:
    """One member, as it was and as it is; empty where it was not, or is not any more."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Changed:
    """Who did what, when."""

    time: float
    actor: str
    action: str
    differences: Sequence[Difference]


def changes_of(rows: Sequence[AuditRow]) -> list[Changed]:
    """The rows of one subject, newest first. What was made or removed as a whole is told without its members."""
    return [Changed(row.time, row.change.actor, row.change.action, list(_differences(row))) for row in rows]


def _differences(row: AuditRow) -> Iterator[Difference]:
    if row.change.before is None or row.change.after is None:
        return
    before, after = dict(_leaves(row.change.before, "")), dict(_leaves(row.change.after, ""))
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield Difference(name, before.get(name, ""), after.get(name, ""))


def _leaves(value: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, member in value.items():
        if isinstance(member, Mapping) and member:
            yield from _leaves(member, f"{above}{name}.")
        elif member not in (None, {}, [], ""):
            yield f"{above}{name}", _text(member)


def _text(value: Any) -> str:
    return cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _SHOWN)
