"""A lineage as text: two trees, what a target was made from and what was made of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: Characters of a run's id: enough to name it to other commands.
_SHORT = 13
_HEADS = {"up": "made from", "down": "read by"}


def lines(document: Mapping[str, Any], direction: str) -> Iterator[str]:
    """The lines of a lineage, beginning with the target itself; what stands in a tree already is not followed again."""
    nodes = {node["id"]: node for node in document["nodes"]}
    root = document["nodes"][0]
    yield _told(root)
    for way, head in _HEADS.items():
        if direction not in (way, "both"):
            continue
        starts = [root["id"]] if way == "up" else [n["id"] for n in document["nodes"] if n["url"] == root["url"]]
        below = _below(document["edges"], way)
        children = list(dict.fromkeys(child for start in starts for child in below.get(start, ())))
        yield f"  {head}:" if children else f"  {head}: nothing on record"
        yield from _tree(nodes, below, children, "  ", set(starts))
    if document["cut"]:
        yield "  There is more: give --depth, or ask about one of these."


def _below(edges: Sequence[Mapping[str, int]], way: str) -> dict[int, list[int]]:
    one, other = ("made", "source") if way == "up" else ("source", "made")
    below: dict[int, list[int]] = {}
    for edge in edges:
        below.setdefault(edge[one], []).append(edge[other])
    return below


def _tree(
    nodes: Mapping[int, Any], below: Mapping[int, list[int]], children: Sequence[int], indent: str, seen: set[int]
) -> Iterator[str]:
    for number, child in enumerate(children, start=1):
        is_last = number == len(children)
        again = child in seen and bool(below.get(child))
        yield f"{indent}{'└─' if is_last else '├─'} {_told(nodes[child])}{' (see above)' if again else ''}"
        if child not in seen:
            seen.add(child)
            deeper = indent + ("   " if is_last else "│  ")
            yield from _tree(nodes, below, below.get(child, ()), deeper, seen)


def _told(node: Mapping[str, Any]) -> str:
    who = f"  {node['family']}, run {node['run_id'][:_SHORT]}, {node['time'][:19]}Z" if node["run_id"] else ""
    state = "" if node["state"] == "current" else f"  [{node['state']}]"
    return f"{node['url']}{state}{who}"
