"""Places for the nodes of a directed graph, layer by layer, so that few lines cross and most are straight. Pure.

The same graph always has the same places. Decision 41 says why this is not left to a library.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

#: More edges and bends than this are sorted and straightened less often, and their crossings not counted.
MANY = 1_000
#: More bends than this are not made: their lines go straight from layer to layer.
MOST_BENDS = 3_000
#: Sweeps over all layers, there and back: of few and of many nodes.
_SORTED, _STRAIGHTENED = (12, 2), (10, 2)
#: A bend takes this share of the room of a node.
_NARROW = 0.45

Edge = tuple[str, str]


@dataclass(frozen=True)
class Layout:
    """Where everything stands: `layer` from 0 on, `row` in heights of a row, 0 at the top."""

    layer: Mapping[str, int]
    row: Mapping[str, float]
    #: By edge, the rows at which it passes the layers between its ends.
    bends: Mapping[Edge, Sequence[float]]

    @property
    def layers(self) -> int:
        """How many there are."""
        return 1 + max(self.layer.values(), default=-1)

    @property
    def rows(self) -> float:
        """Rows from the first to the last."""
        return 1 + max(self.row.values(), default=-1.0)


@dataclass
class _Net:
    """Nodes and bends in their layers, and what each is tied to in the layers beside it."""

    layers: list[list[str]]
    bends: set[str] = field(default_factory=set)
    before: dict[str, list[str]] = field(default_factory=dict)
    after: dict[str, list[str]] = field(default_factory=dict)

    def tie(self, source: str, target: str) -> None:
        self.after.setdefault(source, []).append(target)
        self.before.setdefault(target, []).append(source)


def layout(nodes: Sequence[str], edges: Iterable[Edge]) -> Layout:
    """Lay out `nodes`; each edge leads from what comes first to what needs it, and so from left to right.

    Edges that would close a circle are laid as if they were not there.
    """
    known = set(nodes)
    kept = _without_circles(nodes, [edge for edge in dict.fromkeys(edges) if known.issuperset(edge)])
    layer = _layers(nodes, kept)
    net, chains = _net(nodes, kept, layer)
    few = sum(map(len, net.after.values())) <= MANY
    _sort(net, _SORTED[0 if few else 1], few)
    rows = _rows(net, _STRAIGHTENED[0 if few else 1])
    top = min(rows.values(), default=0.0)
    bends = {edge: [rows[bend] - top for bend in chain] for edge, chain in chains.items()}
    return Layout(layer, {node: rows[node] - top for node in nodes}, bends)


def _without_circles(nodes: Sequence[str], edges: Sequence[Edge]) -> list[Edge]:
    """The edges but those that lead back to where a walk came from."""
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        after[source].append(target)
    state = dict.fromkeys(nodes, 0)
    back: set[Edge] = set()
    for start in nodes:
        if state[start]:
            continue
        state[start] = 1
        walk = [(start, iter(after[start]))]
        while walk:
            node, left = walk[-1]
            target = next(left, "")
            if not target:
                state[node] = 2
                walk.pop()
            elif state[target] == 1:
                back.add((node, target))
            elif not state[target]:
                state[target] = 1
                walk.append((target, iter(after[target])))
    return [edge for edge in edges if edge not in back]


def _layers(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each node: as far right as what needs it allows, the last one being that of what nothing needs."""
    before: dict[str, list[str]] = {node: [] for node in nodes}
    users = dict.fromkeys(nodes, 0)
    for source, target in edges:
        before[target].append(source)
        users[source] += 1
    depth = dict.fromkeys(nodes, 0)
    left = [node for node in nodes if not users[node]]
    for node in left:
        for source in before[node]:
            depth[source] = max(depth[source], depth[node] + 1)
            users[source] -= 1
            if not users[source]:
                left.append(source)
    deepest = max(depth.values(), default=0)
    return {node: deepest - depth[node] for node in nodes}


def _net(nodes: Sequence[str], edges: Sequence[Edge], layer: Mapping[str, int]) -> tuple[_Net, dict[Edge, list[str]]]:
    """The layers with a bend in each that an edge passes, and the bends of each edge."""
    net = _Net([[] for _ in range(1 + max(layer.values(), default=-1))])
    for node in nodes:
        net.layers[layer[node]].append(node)
    bent = sum(layer[target] - layer[source] - 1 for source, target in edges) <= MOST_BENDS
    chains: dict[Edge, list[str]] = {}
    for number, (source, target) in enumerate(edges):
        chain = [f"\0{number}.{place}" for place in range(layer[source] + 1, layer[target])] if bent else []
        chains[source, target] = chain
        for place, bend in enumerate(chain, layer[source] + 1):
            net.layers[place].append(bend)
        net.bends.update(chain)
        if bent or layer[target] == layer[source] + 1:
            for one, other in zip([source, *chain], [*chain, target], strict=True):
                net.tie(one, other)
    return net, chains


def _sort(net: _Net, sweeps: int, counted: bool) -> None:
    """Order each layer by the middle of what it is tied to, there and back.

    Where crossings are `counted`, the order with the fewest stays.
    """
    best, fewest = [list(layer) for layer in net.layers], _crossings(net) if counted else 0
    for sweep in range(sweeps):
        backwards = sweep % 2 == 0
        ties = net.after if backwards else net.before
        order = list(range(len(net.layers) - 1))
        for place in reversed(order) if backwards else (number + 1 for number in order):
            beside = net.layers[place + 1 if backwards else place - 1]
            _sort_by(net.layers[place], beside, ties)
        if not counted:
            best = net.layers
            continue
        crossings = _crossings(net)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in net.layers], crossings
        if not fewest:
            break
    net.layers[:] = best


def _sort_by(layer: list[str], beside: Sequence[str], ties: Mapping[str, Sequence[str]]) -> None:
    """Order a layer by that beside it; what is tied to nothing there stays where it is."""
    at = {node: place for place, node in enumerate(beside)}
    wanted = {}
    for place, node in enumerate(layer):
        found = [at[tied] for tied in ties.get(node, ()) if tied in at]
        wanted[node] = sum(found) / len(found) if found else place * max(1, len(beside)) / max(1, len(layer))
    layer.sort(key=wanted.__getitem__)


def _crossings(net: _Net) -> int:
    """How often lines between neighbouring layers cross."""
    count = 0
    for layer, beside in pairwise(net.layers):
        at = {node: place for place, node in enumerate(beside)}
        seen: list[int] = []
        for node in layer:
            places = sorted(at[tied] for tied in net.after.get(node, ()) if tied in at)
            count += sum(len(seen) - bisect_right(seen, place) for place in places)
            for place in places:
                insort(seen, place)
    return count


def _rows(net: _Net, sweeps: int) -> dict[str, float]:
    """The row of each node and bend: near the middle of what it is tied to, in the order of its layer."""
    room = {node: _NARROW if node in net.bends else 1.0 for layer in net.layers for node in layer}
    rows: dict[str, float] = {}
    for layer in net.layers:
        at = 0.0
        for node in layer:
            rows[node] = at + room[node] / 2
            at += room[node]
        for node in layer:
            rows[node] -= at / 2
    for sweep in range(sweeps):
        backwards = sweep % 2 == 0
        for layer in reversed(net.layers) if backwards else net.layers:
            sides = (net.before, net.after) if sweep >= sweeps - 2 else ((net.after,) if backwards else (net.before,))
            _place(layer, rows, room, sides, net.bends)
    return rows


def _place(
    layer: Sequence[str],
    rows: dict[str, float],
    room: Mapping[str, float],
    sides: Sequence[Mapping[str, Sequence[str]]],
    bends: set[str],
) -> None:
    """Move a layer's nodes as near to where they want to be as those beside them allow: neighbours that want to
    overlap make a block, which goes to the mean of what its nodes want.
    """
    blocks: list[list[float]] = []  # weight, sum of wishes, nodes
    offsets, at = [], 0.0
    for number, node in enumerate(layer):
        at += (room[layer[number - 1]] + room[node]) / 2 if number else 0.0
        offsets.append(at)
        tied = [rows[other] for side in sides for other in side.get(node, ())]
        wish = sum(tied) / len(tied) if tied else rows[node]
        weight = (4.0 if node in bends else 1.0) if tied else 0.2
        blocks.append([weight, weight * (wish - at), 1])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][0] > blocks[-1][1] / blocks[-1][0]:
            last = blocks.pop()
            blocks[-1] = [one + other for one, other in zip(blocks[-1], last, strict=True)]
    number = 0
    for weight, wishes, count in blocks:
        for _ in range(int(count)):
            rows[layer[number]] = wishes / weight + offsets[number]
            number += 1
