"""What an invalidation or a retry would move, shown before it is asked for; and how far it is, where that lasts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from trigger_service.cli import text
from trigger_service.cli.failures import CONFLICT, SUCCESS
from trigger_service.cli.plan import expected
from trigger_service.cli.session import Session

#: Targets that are listed on a terminal.
MOST = 30
#: Seconds after which progress is shown.
PATIENCE_S = 2.0
_HEADS = ("WOULD", "TARGET", "SIZE", "TASK", "WHY")
_WORDS = {"movable": "move", "absent": "be built", "kept": "stay", "cannot": "refuse"}


def shown(session: Session, plan: Mapping[str, Any]) -> int:
    """Print what would be moved: exit code 5 where something is in the way."""
    if session.as_json:
        session.print_json(plan)
    else:
        _print(session, plan)
    return SUCCESS if plan["possible"] else CONFLICT


def agreed(session: Session, plan: Mapping[str, Any], yes: bool, even_if_running: bool) -> bool:
    """Show what would be moved, and ask; False, and why is said, where it is not to be or cannot be."""
    refused = [target for task in plan["tasks"] for target in task["targets"] if target["status"] == "cannot"]
    if (session.on_terminal or not yes) and not session.as_json:
        _print(session, plan)
    if refused or plan["cut"] or (plan["runs"] and not even_if_running) or plan["operations"]:
        for line in _obstacles(plan):
            click.echo(text.clean(line), err=True)
        return False
    if yes:
        return True
    if not session.on_terminal:
        raise click.UsageError("say --yes to have this done without being asked, or --dry-run to only see it")
    return click.confirm("Move them into the trash?")


@contextmanager
def progress(session: Session, verb: str) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Takes an operation again and again, and says on a terminal how far it is, once that has lasted two seconds."""
    began, width = time.monotonic(), 0

    def told(operation: Mapping[str, Any]) -> None:
        nonlocal width
        if session.on_terminal and time.monotonic() - began > PATIENCE_S:
            counts = operation["counts"]
            all_, left = sum(counts.values()), counts["planned" if verb == "moving" else "trashed"]
            line = f"{verb}: {all_ - left} of {all_} targets"
            width = max(width, len(line))
            click.echo(f"\r{line.ljust(width)}", nl=False, err=True)

    try:
        yield told
    finally:
        if width:
            click.echo(f"\r{' ' * width}\r", nl=False, err=True)


def _print(session: Session, plan: Mapping[str, Any]) -> None:
    entries = [
        (
            _WORDS[target["status"]] if session.on_terminal else target["status"],
            target["url"],
            text.size(target["bytes"], session.on_terminal),
            task["task_id"],
            target["why"],
        )
        for task in plan["tasks"]
        for target in task["targets"]
    ]
    listed = entries[:MOST] if session.on_terminal else entries
    text.rows(_HEADS, listed, session.on_terminal)
    if session.on_terminal:
        if len(entries) > len(listed):
            click.echo(f"... and {len(entries) - len(listed)} more (all of them: --json --dry-run)")
        size = text.size(plan["bytes"], True)
        count = f"{plan['targets']} target{'s' if plan['targets'] != 1 else ''}"
        click.echo(f"{count}, {size}; to build them again: {expected(plan['expected'])}.")


def _obstacles(plan: Mapping[str, Any]) -> list[str]:
    """What is in the way, a line for each."""
    refused = [target for task in plan["tasks"] for target in task["targets"] if target["status"] == "cannot"]
    found = [f"{target['url'] or 'a task'} cannot be moved: {target['why']}" for target in refused]
    found += [f"Run {run_id} is live, and builds or reads some of them (--even-if-running)" for run_id in plan["runs"]]
    found += [f"Operation {other} moves some of them now" for other in plan["operations"]]
    found += [f"Not every target could be looked at: {plan['cut']}"] if plan["cut"] else []
    return [*found, "Nothing was moved."]
