"""A plan on a terminal: the summary, what stands in the way, and the tree of tasks, alike ones on one line."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text
from rich.tree import Tree

from trigger_service.cli.plan import duration, fault, remarks, summary, word
from trigger_service.cli.text import clean

#: By state: icon, icon where the terminal has only ASCII, colour.
LOOKS = {
    "complete": ("✓", "+", "green"),
    "will_run": ("▶", ">", "cyan"),
    "shared": ("⇄", "=", "blue"),
    "unknown": ("?", "?", "magenta"),
    "blocked": ("■", "#", "yellow"),
    "error": ("✗", "x", "red"),
}
TIMES = "\u00d7"
#: Seconds after which a person wants to see that something happens.
PATIENCE_S = 2.0
#: So many tasks of one family and state below one task stand on lines of their own.
APART = 3
#: So deep the tree is shown.
DEPTH = 12
#: So many of the tasks that stand in the way are named, and so many lines of what tasks printed.
NAMED, PRINTED = 10, 5

Task = Mapping[str, Any]


class Waiting:
    """A spinner with the time, for plans that take long."""

    def __init__(self, name: str) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        self._progress = Progress(*columns, console=_console(), transient=True)
        self._progress.add_task(f"asking the tasks of {name}", total=None)
        self._timer = threading.Timer(PATIENCE_S, self._progress.start)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        self._progress.stop()


def show(plan: Mapping[str, Any], everything: bool) -> None:
    """Print a plan; with `everything` each task on its own line."""
    console = _console()
    console.print(Text(clean(summary(plan)), style="bold"))
    for line in remarks(plan):
        console.print(Text(line, style="red"))
    _show_blockers(console, plan["blockers"])
    if everything:
        for task in plan["tasks"]:
            console.print(_line(console, task, with_why=True), no_wrap=True, overflow="ellipsis", crop=True)
    elif plan["tasks"]:
        console.print(_Drawing(console, plan["tasks"]).tree(plan["task_id"]))
    _show_printed(console, plan["printed"])


class _Drawing:
    """The tree of a plan. What stands there once is not drawn again."""

    def __init__(self, console: Console, tasks: Sequence[Task]) -> None:
        self._console = console
        self._tasks = {task["task_id"]: task for task in tasks}
        self._drawn: set[str] = set()

    def tree(self, root_id: str) -> Tree:
        """From the root on; from the last task, which requires the others, where the root is not there."""
        root = self._tasks.get(root_id) or next(reversed(self._tasks.values()))
        self._drawn.add(root["task_id"])
        tree = Tree(self._node(root), guide_style="bright_black")
        # not by recursion, and level by level, so that a task is drawn where it is nearest to the root
        level: list[tuple[Tree, Task]] = [(tree, root)]
        for _ in range(DEPTH):
            level = [below for branch, task in level for below in self._below(branch, task)]
        for branch, task in level:
            if task["requires"]:
                branch.add(Text("... (--all shows every task)", style="bright_black"))
        return tree

    def _below(self, branch: Tree, task: Task) -> Iterator[tuple[Tree, Task]]:
        """Draw what a task requires; gives what is to be drawn further."""
        required = [self._tasks[task_id] for task_id in task["requires"] if task_id in self._tasks]
        for _, alike in groupby(sorted(required, key=_kind), key=_kind):
            group = list(alike)
            if len(group) > APART:
                branch.add(self._group(group))
                self._drawn.update(member["task_id"] for member in group)
                continue
            for member in group:
                known = member["task_id"] in self._drawn
                node = self._node(member)
                if known and member["requires"]:
                    node.append("  (see above)", style="bright_black")
                self._drawn.add(member["task_id"])
                below = branch.add(node)
                if not known:
                    yield below, member

    def _node(self, task: Task) -> Text:
        return _line(self._console, task, with_why=task["state"] != "complete")

    def _group(self, group: Sequence[Task]) -> Text:
        node = _state(self._console, group[0]["state"])
        node.append(
            f"{clean(group[0]['family'])} {TIMES if _is_rich(self._console) else 'x'} {len(group)}", style="bold"
        )
        return node


def _kind(task: Task) -> tuple[int, str]:
    """What makes tasks alike; what has to be seen comes first."""
    return -list(LOOKS).index(task["state"]), task["family"]


def _line(console: Console, task: Task, with_why: bool) -> Text:
    """State, task, why, and how long it would take."""
    line = _state(console, task["state"])
    line.append(_name(task), style="bold")
    if with_why:
        why = f"{task['why']}: run {task['run_id']}" if task["run_id"] else task["why"]
        line.append(f"  {clean(why)}", style="bright_black")
    if task["expected"]:
        line.append(f"  ~{duration(task['expected']['seconds'])}", style="cyan")
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _state(console: Console, state: str) -> Text:
    icon, plain, colour = LOOKS[state]
    return Text(f"{icon if _is_rich(console) else plain} {word(state):<9} ", style=colour)


def _name(task: Task) -> str:
    parameters = ", ".join(f"{name}={value}" for name, value in task["parameters"].items())
    shown = f"{parameters[:57]}..." if len(parameters) > 60 else parameters
    return clean(f"{task['family']}({shown})")


def _show_blockers(console: Console, blockers: Sequence[Task]) -> None:
    """What somebody has to do something about."""
    if blockers:
        console.print(Text("In the way:", style="bold"))
    for task in blockers[:NAMED]:
        line = _state(console, task["state"])
        line.append(clean(_obstacle(task)))
        console.print(line)
    if len(blockers) > NAMED:
        console.print(Text(f"... and {len(blockers) - NAMED} more", style="bright_black"))


def _obstacle(task: Task) -> str:
    error = task["error"]
    return fault(error) if error and error["file"] else f"{_name(task)}  {task['why']}"


def _show_printed(console: Console, printed: str) -> None:
    lines = printed.splitlines()
    if lines:
        console.print(Text("Printed while the tasks were asked:", style="bold"))
    for line in lines[:PRINTED]:
        console.print(Text(f"  {clean(line)}", style="bright_black"))
    if len(lines) > PRINTED:
        console.print(Text(f"  ... and {len(lines) - PRINTED} more lines", style="bright_black"))


def _is_rich(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")


def _console() -> Console:
    """The terminal; without any style where nobody wants colours."""
    return Console(highlight=False, color_system=None if os.environ.get("NO_COLOR") else "auto")
