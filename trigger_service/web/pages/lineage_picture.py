"""The lineage of a target as a picture: what was read stands left of what was made of it. Pure geometry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trigger_service.domain.lineage import Key, Lineage, Node
from trigger_service.web.pages.addresses import base, shown_url, target_address

#: Pixels: a node, what is between two layers and two nodes of one, and around all.
WIDE, HIGH, ACROSS, BELOW, EDGE = 196, 46, 60, 14, 2
#: Characters that a node has room for.
_ROOM = 26


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


@dataclass(frozen=True)
class Picture:
    """Boxes, the lines between them as SVG paths, and the size of all in pixels."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    width: float
    height: float
    #: Whether there is more than is shown.
    cut: bool

    @property
    def words(self) -> str:
        """What it shows, for who does not see it."""
        return f"Lineage: {len(self.boxes)} targets, {len(self.lines)} times one was made from another"


def picture(found: Lineage) -> Picture:
    """The picture of a lineage, whose first node is the one that was asked about."""
    root = next(iter(found.nodes))
    columns = _columns(found, _ranks(found, root))
    tallest = max(len(column) for column in columns)
    height = tallest * (HIGH + BELOW) - BELOW
    places: dict[Key, tuple[float, float]] = {}
    for number, column in enumerate(columns):
        top = (height - (len(column) * (HIGH + BELOW) - BELOW)) / 2
        for row, key in enumerate(column):
            places[key] = EDGE + number * (WIDE + ACROSS), EDGE + top + row * (HIGH + BELOW)
    return Picture(
        boxes=tuple(_box(found.nodes[key], *places[key], is_root=key == root) for key in places),
        lines=tuple(_line(places[source], places[made]) for source, made in found.edges),
        width=len(columns) * (WIDE + ACROSS) - ACROSS + 2 * EDGE,
        height=height + 2 * EDGE,
        cut=found.cut,
    )


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


def _columns(found: Lineage, ranks: Mapping[Key, int]) -> list[list[Key]]:
    """The nodes of each rank, from left to right; in each, those near to what they are joined with."""
    columns = {rank: [key for key in ranks if ranks[key] == rank] for rank in sorted(set(ranks.values()))}
    at = {key: row - len(column) / 2 for column in columns.values() for row, key in enumerate(column)}
    joined: dict[Key, list[Key]] = {key: [] for key in ranks}
    for source, made in found.edges:
        joined[source].append(made)
        joined[made].append(source)
    for rank in sorted(columns, key=abs):
        near = {key: [at[other] for other in joined[key] if abs(ranks[other]) < abs(rank)] for key in columns[rank]}
        columns[rank].sort(key=lambda key: sum(near[key]) / len(near[key]) if near[key] else 0.0)
        at.update({key: row - len(columns[rank]) / 2 for row, key in enumerate(columns[rank])})
    return list(columns.values())


def _box(node: Node, x: float, y: float, *, is_root: bool) -> Box:
    write = node.write
    family = write.family if write else "nobody on record"
    told = {"current": "", "superseded": ", since written anew", "unknown": ""}[node.state]
    return Box(
        x=x,
        y=y,
        name=_cut(base(node.url)),
        url=shown_url(node.url),
        address=target_address(node.url, write.id if write else 0) if write and not is_root else "",
        below=f"{_cut(family, _ROOM - len(told) // 2)}{told}",
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
