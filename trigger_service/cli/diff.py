"""The command `diff`: what is different between two runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from trigger_service.cli import text
from trigger_service.cli.failures import SUCCESS
from trigger_service.cli.parameters import RunId
from trigger_service.cli.session import Session, talks_to_service

#: Characters of a value that a terminal shows.
WIDTH = 44
#: How many tasks a terminal shows.
TASKS = 50


@click.command(short_help="Compare two runs, task by task.")
@click.argument("a", metavar="A", type=RunId())
@click.argument("b", metavar="B", type=RunId())
@talks_to_service
def diff(session: Session, a: str, b: str) -> int:
    """Compare run A with run B: what was asked for, the code, how they went, task by task."""
    client = session.client
    comparison = client.diff(client.find(a), client.find(b))
    if session.as_json:
        session.print_json(comparison)
        return SUCCESS
    runs = [("run", *(comparison[side]["id"] for side in "ab"))]
    found = [(entry["name"], entry["a"], entry["b"]) for entry in comparison["differences"]]
    rows = [(name, *(_short(session, value) for value in sides)) for name, *sides in [*runs, *found]]
    text.rows(("", "A", "B"), rows, session.on_terminal)
    _tasks(session, comparison["tasks"])
    return SUCCESS


def _tasks(session: Session, tasks: Mapping[str, Any]) -> None:
    shown = tasks["items"][:TASKS] if session.on_terminal else tasks["items"]
    entries = [
        (_name(task), ", ".join(task["differs"]).replace("_", " "), _side(task["a"]), _side(task["b"]))
        for task in shown
    ]
    if session.on_terminal:
        click.echo()
        left = tasks["different"] - len(shown)
        more = f"; {left} more are not shown, --json has them" if left else ""
        click.echo(f"Tasks: {tasks['same']} the same, {tasks['different']} different{more}")
        if not entries:
            return
    text.rows(("TASK", "DIFFERS IN", "A", "B"), entries, session.on_terminal)


def _name(task: Mapping[str, Any]) -> str:
    """The id of the task, or its family where it stands for two tasks."""
    a, b = task["a"], task["b"]
    return str(task["family"]) if a and b and a["task_id"] != b["task_id"] else str((a or b)["task_id"])


def _side(side: Mapping[str, Any] | None) -> str:
    if side is None:
        return "-"
    return side["status"] if side["duration_s"] is None else f"{side['status']} {side['duration_s']:.1f} s"


def _short(session: Session, value: Any) -> str:
    shown = text.cell(value)
    return f"{shown[: WIDTH - 3]}..." if session.on_terminal and len(shown) > WIDTH else shown
