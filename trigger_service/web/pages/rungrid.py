"""The newest runs of a pipeline as a grid: a column for each run, a row for each family of tasks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from trigger_service.domain.queries import FamilyTasks, RunGlance
from trigger_service.web.pages.times import took

#: Runs and families that are shown, and tasks of all runs together that are looked at.
RUNS, FAMILIES, TASKS = 24, 20, 10_000
#: Pixels: of a column, of the bar in it, of the highest and the lowest bar.
WIDTH, BAR, HIGHEST, LOWEST = 15, 13, 48, 5
#: By status of a task: the state that its cell has, and the word. What comes first decides for a family.
_STATUSES = {
    "failed": ("failed", "failed"),
    "disabled": ("failed", "disabled"),
    "running": ("running", "running"),
    "cancelled": ("cancelled", "cancelled"),
    "pending": ("pending", "not reached"),
    "unknown": ("pending", "not reached"),
    "done": ("succeeded", "done"),
    "elsewhere": ("shared", "done by another run"),
    "complete": ("complete", "complete before"),
    "unneeded": ("complete", "not needed"),
}
_ORDER = list(_STATUSES)


@dataclass(frozen=True)
class Column:
    """A run."""

    run: RunGlance
    #: Of its bar, in pixels; 0 for a run that has not started.
    height: int
    words: str

    @property
    def top(self) -> int:
        """Where the bar begins."""
        return HIGHEST + 1 - self.height


@dataclass(frozen=True)
class Cell:
    """The tasks of a family in a run."""

    state: str
    #: `20 done, 3 not reached`.
    words: str
    href: str


@dataclass(frozen=True)
class GridRow:
    """A family, and in each run what became of its tasks; None where it has none."""

    family: str
    cells: Sequence[Cell | None]


@dataclass(frozen=True)
class RunGrid:
    """The whole, the newest run right."""

    columns: Sequence[Column]
    rows: Sequence[GridRow]
    #: Families that are left out.
    more: int = 0


def chosen(runs: Sequence[RunGlance]) -> list[RunGlance]:
    """Of runs, the oldest first, the newest that the grid has room for: of very many tasks fewer."""
    shown: list[RunGlance] = []
    left = TASKS
    for run in reversed(runs[-RUNS:]):
        if shown and run.total > left:
            break
        left -= run.total
        shown.insert(0, run)
    return shown


def grid(runs: Sequence[RunGlance], families: Mapping[str, Sequence[FamilyTasks]], now: float) -> RunGrid:
    """The grid of runs, the oldest first; families stand as the newest run that has them discovered them."""
    longest = max((_lasted(run, now) for run in runs), default=0.0)
    columns = [Column(run, _height(run, longest, now), _told(run, now)) for run in runs]
    names = list(dict.fromkeys(tasks.family for run in reversed(runs) for tasks in families[run.id]))
    by_run = [_by_family(run, families[run.id]) for run in runs]
    rows = [GridRow(name, [cells.get(name) for cells in by_run]) for name in names[:FAMILIES]]
    return RunGrid(columns, rows, max(0, len(names) - FAMILIES))


def _by_family(run: RunGlance, found: Sequence[FamilyTasks]) -> dict[str, Cell]:
    by_family: dict[str, list[FamilyTasks]] = {}
    for tasks in found:
        by_family.setdefault(tasks.family, []).append(tasks)
    return {family: _cell(run, each) for family, each in by_family.items()}


def _cell(run: RunGlance, found: Sequence[FamilyTasks]) -> Cell:
    tasks = sorted(found, key=lambda each: _ORDER.index(_status(run, each)))
    alone = len(tasks) == 1 and tasks[0].count == 1
    told = [(each.count, _STATUSES[_status(run, each)][1]) for each in tasks]
    words = told[0][1] if alone else ", ".join(f"{count} {word}" for count, word in told)
    task = tasks[0].task_id if tasks[0].count == 1 else tasks[0].family
    return Cell(_STATUSES[_status(run, tasks[0])][0], words, f"/runs/{run.id}?{urlencode({'task': task})}#tasks")


def _status(run: RunGlance, tasks: FamilyTasks) -> str:
    if tasks.done_elsewhere:
        return "elsewhere"
    if tasks.abandoned and run.state == "cancelled":
        return "cancelled"
    return "unneeded" if tasks.status == "pending" and run.state == "succeeded" else tasks.status


def _lasted(run: RunGlance, now: float) -> float:
    return 0.0 if run.started_at is None else max(0.0, (run.finished_at or now) - run.started_at)


def _height(run: RunGlance, longest: float, now: float) -> int:
    if run.started_at is None:
        return 0
    return LOWEST + round((HIGHEST - LOWEST) * _lasted(run, now) / longest) if longest else LOWEST


def _told(run: RunGlance, now: float) -> str:
    return run.state if run.started_at is None else f"{run.state}, {took(_lasted(run, now))}"
