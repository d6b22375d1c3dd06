"""The lineage of a target as a picture: what was read stands left of what was made of it. Pure geometry.

Many of one family in one place are one box, so that the picture stays small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from trigger_service.domain.lineage import Key, Lineage, Node
from trigger_service.domain.urls import shown_url
from trigger_service.web.pages.addresses import base, target_address

#: Pixels: a node, what is between two layers and two nodes of one, and around all.
WIDE, HIGH, ACROSS, BELOW, EDGE = 196, 46, 60, 14, 6
#: Characters that a node has room for.
_ROOM = 21
#: More of one family than this in one place are one box.
MOST_ALIKE = 3


@dataclass(frozen=True)
class Box:
    """A node of the picture."""

    x: float
    y: float
    #: What it is called, cut to its room, and whole.
    name: str
    url: str
    #: Its page; empty for none.
    address: str
    #: Who made it, and what is to be said of it; for an unknown maker, that.
    below: str
    state: str
    is_root: bool
    #: How many it stands for.
    count: int = 1


@dataclass(frozen=True)
class Picture:
    """Boxes, the lines between them as SVG paths, and the size of all in pixels."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    width: float
    height: float
    #: Whether there is more than is shown.
    cut: bool
    #: How many targets the boxes stand for.
    count: int

    @property
    def ends_at_root(self) -> bool:
        """Whether what was asked about stands at the right end: there one begins to look."""
        return any(box.is_root and box.x + WIDE + EDGE >= self.width for box in self.boxes)

    @property
    def words(self) -> str:
        """What it shows, for who does not see it."""
        return f"Lineage: {self.count} targets, what was read left of what was made of it"


#: What is one box.
_Group = tuple[Key, ...]


def picture(found: Lineage) -> Picture:
    """The picture of a lineage, whose first node is the one that was asked about."""
    root = next(iter(found.nodes))
    groups = _groups(found, _ranks(found, root), root)
    of = {key: group for group in groups for key in group}
    edges = {(of[source], of[made]): None for source, made in found.edges if of[source] != of[made]}
    columns = _columns(groups, edges)
    height = max(len(column) for column in columns) * (HIGH + BELOW) - BELOW
    places: dict[_Group, tuple[float, float]] = {}
    for number, column in enumerate(columns):
        top = (height - (len(column) * (HIGH + BELOW) - BELOW)) / 2
        for row, group in enumerate(column):
            places[group] = EDGE + number * (WIDE + ACROSS), EDGE + top + row * (HIGH + BELOW)
    boxes = [
        _box(found.nodes[group[0]], *at, is_root=root in group) if len(group) == 1 else _boxes(found, group, *at)
        for group, at in places.items()
    ]
    return Picture(
        boxes=tuple(boxes),
        lines=tuple(_line(places[source], places[made]) for source, made in edges),
        width=len(columns) * (WIDE + ACROSS) - ACROSS + 2 * EDGE,
        height=height + 2 * EDGE,
        cut=found.cut,
        count=len(found.nodes),
    )


def _groups(found: Lineage, ranks: Mapping[Key, int], root: Key) -> dict[_Group, int]:
    """What is one box, and its rank: a node, or many of a rank that are of one family."""
    alike: dict[tuple[int, str], list[Key]] = {}
    for key, node in found.nodes.items():
        family = node.write.family if node.write else ""
        alike.setdefault((ranks[key], "" if key == root else f"of {family}"), []).append(key)
    groups: dict[_Group, int] = {}
    for (rank, _), keys in alike.items():
        made = [tuple(keys)] if len(keys) > MOST_ALIKE else [(key,) for key in keys]
        groups.update(dict.fromkeys(made, rank))
    return groups


def _ranks(found: Lineage, root: Key) -> dict[Key, int]:
    """How many steps each node is from the root at most: before it (negative), or after it."""
    before, after = {root: 0}, {root: 0}
    for _ in found.nodes:  # so often at most: should there be a circle, it ends
        changed = False
        for source, made in found.edges:
            if made in before and before.get(source, 1) >= before[made] and source != root:
                before[source], changed = before[made] - 1, True
            if source in after and after.get(made, -1) <= after[source] and made != root:
                after[made], changed = after[source] + 1, True
        if not changed:
            break
    ranks = {**after, **before}
    for source, made in found.edges:  # what else was read by what is after the root
        ranks.setdefault(source, ranks.get(made, 0) - 1)
    return {key: ranks.get(key, 0) for key in found.nodes}


def _columns(groups: Mapping[_Group, int], edges: Iterable[tuple[_Group, _Group]]) -> list[list[_Group]]:
    """The groups of each rank, from left to right; in each, those near to what they are joined with."""
    columns = {rank: [group for group in groups if groups[group] == rank] for rank in sorted(set(groups.values()))}
    at = {group: row - len(column) / 2 for column in columns.values() for row, group in enumerate(column)}
    joined: dict[_Group, list[_Group]] = {group: [] for group in groups}
    for source, made in edges:
        joined[source].append(made)
        joined[made].append(source)
    for rank in sorted(columns, key=abs):
        near = {group: [at[other] for other in joined[group]] for group in columns[rank]}
        columns[rank].sort(key=lambda group: sum(near[group]) / len(near[group]) if near[group] else 0.0)
        at.update({group: row - len(columns[rank]) / 2 for row, group in enumerate(columns[rank])})
    return list(columns.values())


def _boxes(found: Lineage, group: _Group, x: float, y: float) -> Box:
    """One box for many."""
    first = found.nodes[group[0]]
    family = first.write.family if first.write else ""
    stale = sum(found.nodes[key].state == "superseded" for key in group)
    return Box(
        x=x,
        y=y,
        name=f"{len(group)} targets",
        url=f"{shown_url(first.url)} and {len(group) - 1} more",
        address="/targets?" + urlencode({"q": family}) if family else "",
        below=_cut(family) if family else "nobody on record",
        state="warning" if stale else "complete" if family else "pending",
        is_root=False,
        count=len(group),
    )


def _box(node: Node, x: float, y: float, *, is_root: bool) -> Box:
    write = node.write
    family = write.family if write else "nobody on record"
    told = {"current": "", "superseded": ", written anew", "unknown": ""}[node.state]
    return Box(
        x=x,
        y=y,
        name=_cut(base(node.url)),
        url=shown_url(node.url),
        address=target_address(node.url, write.id if write else 0) if write and not is_root else "",
        below=f"{_cut(family, _ROOM - len(told) // 3)}{told}",
        state={"current": "complete", "superseded": "warning", "unknown": "pending"}[node.state],
        is_root=is_root,
    )


def _line(source: tuple[float, float], made: tuple[float, float]) -> str:
    """From the right side of a box to the left side of another."""
    x, y = source[0] + WIDE, source[1] + HIGH / 2
    to_x, to_y = made[0], made[1] + HIGH / 2
    bend = max(ACROSS / 2, abs(to_x - x) / 2)
    return f"M{x:g} {y:g}C{x + bend:g} {y:g} {to_x - bend:g} {to_y:g} {to_x:g} {to_y:g}"


def _cut(text: str, room: int = _ROOM) -> str:
    """A text with an ellipsis in its middle where it is too long: names differ at their ends."""
    return text if len(text) <= room else f"{text[: room // 2 - 1]}…{text[-(room - room // 2) :]}"
