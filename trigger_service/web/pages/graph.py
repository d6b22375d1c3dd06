"""The tasks of a run as a picture: what is needed stands left of what needs it, families folded where they are many.

Pure geometry, in pixels at its natural size.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from trigger_service.web.pages.layering import Edge, layout
from trigger_service.web.pages.task_rows import (
    BEFORE,
    DISABLED,
    ELSEWHERE,
    FAILED,
    FINISHED,
    MISSING,
    RUNNING,
    SHARED,
    SPARED,
    STOPPED,
    UNKNOWN,
    UNREACHED,
    WAITING,
    Kind,
    TaskRow,
    TaskTable,
    is_done,
    state_of,
)  # fmt: skip
from trigger_service.web.pages.times import brief
from trigger_service.web.pages.visible import visible

#: At most so many nodes are drawn; of what is unfolded beyond that, the rest of its family stays folded.
MOST = 2_500
#: A node: its height, least and greatest width, and the pixels that a letter takes; then room across, below, around.
HIGH, NARROW, WIDE, LETTER = 50, 142, 300, 6.9
ACROSS, BELOW, AROUND = 30, 16, 10
#: Pixels of a node that are not its name's.
_BESIDE = 45
#: Put before the name of a family that is a node.
_FAMILY = "family:"


@dataclass(frozen=True)
class Node:
    """A task, or a folded family."""

    x: float
    y: float
    width: int
    title: str
    note: str
    kind: Kind
    #: What `?task=` has for it, and, of a family that can be unfolded, `?open=`.
    task: str
    family: str
    #: How many tasks it stands for; their share that is done, in pixels of the bar.
    count: int
    done: int
    is_chosen: bool

    @property
    def track(self) -> int:
        """Pixels of the whole bar."""
        return self.width - 20

    @property
    def words(self) -> str:
        """What it is, for who does not see it."""
        return f"{self.title}, {self.note}" + (
            "" if self.note.lower() == self.kind.word.lower() else f", {self.kind.word.lower()}"
        )


@dataclass(frozen=True)
class Line:
    """From a node to one that needs it, as the path of SVG."""

    path: str
    is_critical: bool


@dataclass(frozen=True)
class Graph:
    """The picture."""

    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    width: int
    height: int
    layers: int
    families: int
    #: Families of several tasks that are one node.
    folded: tuple[str, ...]
    #: Tasks that no node stands for.
    left_out: int


def graph(table: TaskTable, opened: Collection[str]) -> Graph:
    """The picture; `opened` names families that are not folded, `*` all of them."""
    groups = _groups(table, opened)
    of_task = {row.task.task_id: name for name, rows in groups.items() for row in rows}
    edges = {
        (of_task[needed], of_task[task.task_id]): None
        for task in table.tasks
        if task.task_id in of_task
        for needed in task.dependencies
        if needed in of_task and of_task[needed] != of_task[task.task_id]
    }
    found = layout(list(groups), edges)
    critical = _along(critical_path(table), of_task)
    widths = _widths(groups, found.layer, found.layers)
    lefts = [AROUND + sum(widths[:number]) + number * ACROSS for number in range(found.layers)]
    nodes = {
        name: _node(name, rows, (lefts[found.layer[name]], _y(found.row[name])), widths[found.layer[name]], table)
        for name, rows in groups.items()
    }
    grid = _Grid(lefts, widths, found.layer)
    lines = [Line(_path(edge, nodes, found.bends.get(edge, ()), grid), edge in critical) for edge in edges]
    return Graph(
        nodes=tuple(nodes.values()),
        lines=tuple(sorted(lines, key=lambda line: line.is_critical)),
        width=(lefts[-1] + widths[-1] if lefts else 0) + AROUND + 4,
        height=round(max((node.y for node in nodes.values()), default=0.0) + HIGH + AROUND),
        layers=found.layers,
        families=len(table.families),
        folded=tuple(name.removeprefix(_FAMILY) for name in groups if name.startswith(_FAMILY)),
        left_out=len(table.tasks) - len(of_task),
    )


def critical_path(table: TaskTable) -> list[str]:
    """The longest chain of tasks by the time that they took, or take in the middle, the first first."""
    length: dict[str, float] = {}
    before: dict[str, str] = {}
    for task_id in table.order:
        row = table.by_id[task_id]
        needed = [need for need in row.task.dependencies if need in length]
        longest = max(needed, key=length.__getitem__, default="")
        if longest:
            before[task_id] = longest
        length[task_id] = length.get(longest, 0.0) + _seconds(row) + 1e-6
    path = [max(length, key=length.__getitem__)] if length else []
    while path and path[-1] in before:
        path.append(before[path[-1]])
    return path[::-1]


def _seconds(row: TaskRow) -> float:
    if row.kind in SPARED:
        return 0.0
    return max(row.took or 0.0, row.median or 0.0) if row.kind is not FINISHED else row.took or 0.0


def _along(path: Sequence[str], of_task: Mapping[str, str]) -> set[Edge]:
    """The lines between nodes that a chain of tasks passes."""
    names = [of_task[task_id] for task_id in path if task_id in of_task]
    return {(one, other) for one, other in pairwise(names) if one != other}


def _groups(table: TaskTable, opened: Collection[str]) -> dict[str, list[TaskRow]]:
    """By node, the tasks that it stands for."""
    folds = table.folds and "*" not in opened
    groups: dict[str, list[TaskRow]] = {}
    for family, rows in table.families.items():
        if len(groups) >= MOST:
            break
        room = MOST - len(groups)
        if len(rows) > 1 and ((folds and family not in opened) or len(rows) > room):
            groups[_FAMILY + family] = list(rows)
        else:
            groups.update((row.task.task_id, [row]) for row in rows)
    return groups


def _widths(groups: Mapping[str, Sequence[TaskRow]], layer: Mapping[str, int], layers: int) -> list[int]:
    """By layer: as wide as the longest name needs."""
    widths = [NARROW] * layers
    for name, rows in groups.items():
        needed = min(WIDE, round(_BESIDE + LETTER * len(_title(name, rows))))
        widths[layer[name]] = max(widths[layer[name]], needed)
    return widths


def _title(name: str, rows: Sequence[TaskRow]) -> str:
    return visible(rows[0].task.family if name.startswith(_FAMILY) else rows[0].name)


def _y(row: float) -> float:
    return round(AROUND + row * (HIGH + BELOW), 1)


def _node(name: str, rows: Sequence[TaskRow], at: tuple[float, float], width: int, table: TaskTable) -> Node:
    is_family = name.startswith(_FAMILY)
    kind = state_of(rows)
    done = sum(map(is_done, rows))
    room = int((width - _BESIDE) / LETTER) + 1
    title = _title(name, rows)
    return Node(
        x=at[0], y=at[1], width=width, kind=kind,
        title=title if len(title) <= room else title[: room - 1] + "…",
        note=_family_note(rows, kind, done) if is_family else _note(rows[0]),
        task=rows[0].task.family if is_family else rows[0].task.task_id,
        family=rows[0].task.family if is_family else "",
        count=len(rows), done=round((width - 20) * done / len(rows)),
        is_chosen=not table.selected.isdisjoint(row.task.task_id for row in rows),
    )  # fmt: skip


def _note(row: TaskRow) -> str:
    """What stands below the name of a task."""
    lasted = "" if row.took is None else brief(row.took)
    if row.kind in (FAILED, DISABLED):
        return f"failed in {lasted}" if lasted else row.kind.word.lower()
    if row.kind is ELSEWHERE:
        return "by another run"
    if row.kind is SHARED:
        return f"waits for {row.task.waiting_for}"[:24]
    if row.kind is RUNNING and row.task.progress is not None:
        return f"{lasted}, {row.task.progress:.0f} %"
    return lasted if lasted and row.kind in (RUNNING, FINISHED) else row.kind.word.lower()


def _family_note(rows: Sequence[TaskRow], kind: Kind, done: int) -> str:
    """What stands below the name of a folded family: how many are done, and of the others what they are."""
    if all(row.kind is BEFORE for row in rows):
        return f"{len(rows)}/{len(rows)} before"
    if all(row.kind is ELSEWHERE for row in rows):
        return f"{len(rows)}/{len(rows)} by another run"
    same = sum(row.kind is kind for row in rows)
    word = {
        RUNNING: f", {same} running", FAILED: f", {same} failed", DISABLED: f", {same} disabled",
        SHARED: f", {same} shared", MISSING: f", {same} missing", UNKNOWN: f", {same} not asked",
        STOPPED: f", {same} cancelled", UNREACHED: ", not reached", WAITING: "",
    }.get(kind, "")  # fmt: skip
    return f"{done}/{len(rows)}{word}"


@dataclass(frozen=True)
class _Grid:
    """Where the layers are: the left side and the width of each, in pixels, and the layer of each node."""

    lefts: Sequence[int]
    widths: Sequence[int]
    layer: Mapping[str, int]


def _path(edge: Edge, nodes: Mapping[str, Node], bends: Iterable[float], grid: _Grid) -> str:
    """From the right side of a node over the bends to the left side of another."""
    source, target = nodes[edge[0]], nodes[edge[1]]
    x, y = source.x + source.width, source.y + HIGH / 2
    said = [f"M{x:g} {y:g}"]
    for place, row in enumerate(bends, grid.layer[edge[0]] + 1):
        at, end = _y(row) + HIGH / 2, grid.lefts[place] + grid.widths[place]
        said.append(_curve(x, y, grid.lefts[place], at) + f"H{end:g}")
        x, y = end, at
    return "".join([*said, _curve(x, y, target.x, target.y + HIGH / 2)])


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (x + to_x) / 2
    return f"C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}"
