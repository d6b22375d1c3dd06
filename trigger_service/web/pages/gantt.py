"""The tasks of a run over time: how long each waited, ran and was tried again, and what is expected. Pure geometry.

Places along time are percentages of the width.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from trigger_service.web.pages.task_rows import (
    DISABLED,
    FAILED,
    FINISHED,
    RUNNING,
    SHARED,
    SPARED,
    STOPPED,
    UNREACHED,
    WAITING,
    Kind,
    TaskRow,
    TaskTable,
    is_done,
    state_of,
)  # fmt: skip
from trigger_service.web.pages.times import brief

#: When each execution of a task began, and when it ended.
Tries = Mapping[str, Sequence[tuple[float, float | None]]]
#: Families of more tasks than this are closed (any of several where pictures have families folded), but for at most so
#: many of their tasks; rows at most.
FEW, TELLING, MOST = 6, 4, 250
#: Seconds between two ticks, of which the first that gives no more than so many is taken.
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 172_800, 604_800)
_TICKS = 9
#: Percent of the width behind which the words of a tick have no room.
_LAST_TICK = 96
#: Percent of the width that anything which has happened takes at least.
_THIN = 0.3


@dataclass(frozen=True)
class Bar:
    """Something that lasts."""

    x: float
    width: float
    #: `mark`, `mark-soft`, `ghost`, and the state that colours it; none for a ghost.
    shape: str
    state: str = ""


@dataclass(frozen=True)
class Strip:
    """One row."""

    name: str
    note: str
    #: What `?task=` has for it; whether it belongs to the family above, and is one that is closed.
    task: str
    is_inner: bool
    is_closed: bool
    is_chosen: bool
    bars: tuple[Bar, ...]
    #: From where to where it waited.
    waits: tuple[tuple[float, float], ...] = ()
    #: Where it failed and was tried again.
    failures: tuple[float, ...] = ()


@dataclass(frozen=True)
class Gantt:
    """The picture."""

    strips: tuple[Strip, ...]
    #: Moments on the axis, and where; every other one is left out where there is little room.
    ticks: tuple[tuple[float, float], ...]
    #: Where now is; None where the run is over.
    now: float | None
    #: Families of which this run had none to run, and why: `complete before`.
    not_run: int
    why: str
    #: Families of which not each task has a row.
    closed: tuple[str, ...]
    #: How many tasks there are, and tasks that have a row of their own.
    total: int
    alone: int


@dataclass(frozen=True)
class _Axis:
    """Time from left to right, in seconds since the epoch."""

    start: float
    end: float

    def at(self, moment: float) -> float:
        """Percent."""
        return round(min(100.0, max(0.0, 100 * (moment - self.start) / (self.end - self.start))), 2)

    def bar(self, start: float, end: float, shape: str, state: str = "") -> Bar:
        x = self.at(start)
        return Bar(x, round(max(_THIN, self.at(end) - x), 2), shape, state)


@dataclass(frozen=True)
class Times:
    """What is known of time besides the tasks' own: seconds since the epoch."""

    #: When the run began, and when it ended or, as long as it lives, now.
    began: float
    ended: float
    is_live: bool
    #: By task id, when those that wait could start.
    starts: Mapping[str, float] = field(default_factory=dict)
    tries: Tries = field(default_factory=dict)


def gantt(table: TaskTable, times: Times, opened: Collection[str]) -> Gantt:
    """The picture; `opened` names families of which each task has a row, `*` all of them."""
    axis = _axis(table, times)
    strips: list[Strip] = []
    spared: set[Kind] = set()
    not_run = 0
    closed: list[str] = []
    for rows in sorted(table.families.values(), key=lambda rows: min(_place(row, table, times) for row in rows)):
        if all(row.kind in SPARED for row in rows):
            spared.update(row.kind for row in rows)
            not_run += 1
            continue
        if not _is_open(rows, table, opened):
            closed.append(rows[0].task.family)
        strips += _family(rows, table, axis, times, opened)
    shown = strips[:MOST]
    return Gantt(
        strips=tuple(shown),
        ticks=tuple(_ticks(axis)),
        now=axis.at(times.ended) if times.is_live else None,
        not_run=not_run,
        why=" or ".join(kind.word.lower() for kind in SPARED if kind in spared),
        closed=tuple(closed),
        total=len(table.tasks),
        alone=sum(not strip.is_closed for strip in shown),
    )


def _family(
    rows: Sequence[TaskRow], table: TaskTable, axis: _Axis, times: Times, opened: Collection[str]
) -> list[Strip]:
    if len(rows) == 1:
        return [_strip(rows[0], table, axis, times, inner=False)]
    is_open = _is_open(rows, table, opened)
    inner = sorted(rows, key=lambda row: _place(row, table, times)) if is_open else _telling(rows, table)
    return [
        _closed(rows, table, axis, times),
        *(_strip(row, table, axis, times, inner=True) for row in inner if row.kind not in SPARED),
    ]


def _is_open(rows: Sequence[TaskRow], table: TaskTable, opened: Collection[str]) -> bool:
    """Whether each task of a family has a row."""
    return "*" in opened or rows[0].task.family in opened or len(rows) <= (1 if table.folds else FEW)


def _telling(rows: Sequence[TaskRow], table: TaskTable) -> list[TaskRow]:
    """Of a closed family, the tasks that are shown all the same: chosen, failed, running, tried again."""
    ranks = {
        row.task.task_id: rank
        for row in rows
        for rank, holds in enumerate(
            (
                row.task.task_id in table.selected and len(table.selected) == 1,
                row.kind in (FAILED, DISABLED, STOPPED),
                row.kind is RUNNING,
                row.task.executions > 1,
            )
        )
        if holds
    }
    found = sorted((row for row in rows if row.task.task_id in ranks), key=lambda row: ranks[row.task.task_id])
    return sorted(found[:TELLING], key=lambda row: row.task.started_at or 0.0)


def _strip(row: TaskRow, table: TaskTable, axis: _Axis, times: Times, *, inner: bool) -> Strip:
    task = row.task
    bars: list[Bar] = []
    begun = times.tries.get(task.task_id) or ([(task.started_at, task.finished_at)] if task.started_at else [])
    for number, (start, end) in enumerate(begun):
        last = number == len(begun) - 1
        state = row.kind.state if last else "failed"
        bars.append(axis.bar(start, end if end is not None else times.ended, "mark", state))
    ghost = _ghost(row, axis, times)
    ready = _ready(row, table, times)
    waits = [(axis.at(ready), axis.at(begun[0][0] if begun else times.ended))] if ready is not None else []
    waits += [(axis.at(end), axis.at(begun[n + 1][0])) for n, (_, end) in enumerate(begun[:-1]) if end is not None]
    return Strip(
        name=row.name if not inner else row.label or row.task.family,
        note=_note(row),
        task=task.task_id,
        is_inner=inner,
        is_closed=False,
        is_chosen=task.task_id in table.selected,
        bars=tuple([*bars, ghost] if ghost else bars),
        waits=tuple((one, other) for one, other in waits if other > one),
        failures=tuple(axis.at(end) for _, end in begun[:-1] if end is not None),
    )


def _closed(rows: Sequence[TaskRow], table: TaskTable, axis: _Axis, times: Times) -> Strip:
    """A family as one row: from its first start to the last end, what runs now in full."""
    ran = [row for row in rows if row.task.started_at is not None]
    bars: list[Bar] = []
    running = [row for row in ran if row.kind is RUNNING]
    broken = [row for row in ran if row.kind in (FAILED, DISABLED, STOPPED)]
    if ran:
        end = times.ended if running else max(row.task.finished_at or row.task.started_at or 0.0 for row in ran)
        first = min(row.task.started_at or end for row in ran)
        bars.append(axis.bar(first, end, "mark-soft", "succeeded"))
        if running:
            now = min(row.task.started_at or end for row in running)
            bars.append(axis.bar(now, end, "mark", "running"))
        bars += [
            axis.bar(row.task.started_at or end, row.task.finished_at or end, "mark", row.kind.state) for row in broken
        ]
    elif ghosts := [ghost for row in rows if (ghost := _ghost(row, axis, times))]:
        left = min(ghost.x for ghost in ghosts)
        bars.append(Bar(left, round(max(ghost.x + ghost.width for ghost in ghosts) - left, 2), "ghost"))
    done = sum(map(is_done, rows))
    kind = state_of(rows)
    more = f", {kind.word.lower()}" if kind in (FAILED, STOPPED, UNREACHED, WAITING, SHARED) else ""
    return Strip(
        name=rows[0].task.family,
        note=f"{done} of {len(rows)}{more}",
        task=rows[0].task.family,
        is_inner=False,
        is_closed=True,
        is_chosen=len(table.selected) > 1 and rows[0].task.task_id in table.selected,
        bars=tuple(bars),
    )


def _ghost(row: TaskRow, axis: _Axis, times: Times) -> Bar | None:
    """How long it takes in the middle, from where it began or could begin."""
    if row.median is None or row.kind in SPARED:
        return None
    start = row.task.started_at or times.starts.get(row.task.task_id)
    return None if start is None else axis.bar(start, start + row.median, "ghost")


def _ready(row: TaskRow, table: TaskTable, times: Times) -> float | None:
    """Since when it could have run: when all that it requires was over; None where that is not so yet."""
    if row.kind in (UNREACHED, *SPARED):
        return None
    ends = [times.began]
    for need in row.task.dependencies:
        needed = table.by_id.get(need)
        if needed is None or needed.kind in SPARED:
            continue
        if needed.kind is not FINISHED or needed.task.finished_at is None:
            return None
        ends.append(needed.task.finished_at)
    return max(ends)


def _note(row: TaskRow) -> str:
    lasted = "" if row.took is None else brief(row.took)
    tried = f", try {row.task.executions}" if row.task.executions > 1 else ""
    return (lasted or row.kind.word.lower()) + tried


def _place(row: TaskRow, table: TaskTable, times: Times) -> tuple[float, int]:
    """By when it began or, where it did not, could begin; then after what it requires."""
    begin = row.task.started_at or times.starts.get(row.task.task_id, float("inf"))
    return begin, table.order.get(row.task.task_id, 0)


def _axis(table: TaskTable, times: Times) -> _Axis:
    """From the start of the run to its end or, as long as it lives, to the expected one; a little more on the right."""
    ends = [times.ended, times.began + 1.0]
    if times.is_live:
        for row in table.by_id.values():
            start = row.task.started_at if row.kind is RUNNING else times.starts.get(row.task.task_id)
            if start is not None and row.median is not None:
                ends.append(start + row.median)
    end = max(ends)
    return _Axis(times.began, end + 0.02 * (end - times.began))


def _ticks(axis: _Axis) -> list[tuple[float, float]]:
    """Round moments and where they are."""
    lasts = axis.end - axis.start
    step = next((step for step in _STEPS if lasts / step <= _TICKS), _STEPS[-1])
    first = -(-axis.start // step) * step
    moments = [first + number * step for number in range(int((axis.end - first) // step) + 1)]
    placed = [(moment, axis.at(moment)) for moment in moments]
    return [(moment, x) for moment, x in placed if x <= _LAST_TICK]
