"""The commands `targets invalidate|undo|trash`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

import click

from trigger_service.cli import text
from trigger_service.cli.consequences import agreed, progress, shown
from trigger_service.cli.failures import CONFLICT, RUN_FAILED, SUCCESS
from trigger_service.cli.named import listed
from trigger_service.cli.session import Session, talks_to_service
from trigger_service.cli.target_url import TargetUrl
from trigger_service.domain.errors import OperationNotFound
from trigger_service.domain.ids import is_run_id
from trigger_service.domain.operations import STATES

#: Operations that are looked through for a shortened id.
_NEWEST = 500
HEADS = ("OPERATION", "STATE", "TARGETS", "SIZE", "UNTIL", "WHAT")
_EVEN = "Although live runs build or read some of them."


@click.command(short_help="Take targets away, with all that was built from them.")
@click.argument("urls", metavar="URL...", type=TargetUrl(), nargs=-1, required=True)
@click.option("--only", is_flag=True, help="Not what was built from them.")
@click.option("--note", default="", metavar="TEXT", help="Why, for the record.")
@click.option(
    "--dry-run", is_flag=True, help="Only show what would be moved (exit code 5 where something is in the way)."
)
@click.option("--even-if-running", is_flag=True, help=_EVEN)
@click.option("--yes", is_flag=True, help="Do not ask.")
@talks_to_service
def invalidate(
    session: Session, *, urls: tuple[str, ...], only: bool, note: str, dry_run: bool, even_if_running: bool, yes: bool
) -> int:
    """Show what was built from targets, in every pipeline, and move all of it into the trash, as one.

    What is asked for next builds it again. Until the trash expires, `targets undo` puts everything back.
    """
    plan = session.client.operations.consequences(urls, downstream=not only)
    if dry_run:
        return shown(session, plan)
    if not agreed(session, plan, yes, even_if_running):
        return CONFLICT
    more = {"downstream": not only, "note": note, "even_if_running": even_if_running}
    return _ended(session, session.client.operations.invalidate(urls, **more))


@click.command(short_help="Put back what was taken away.")
@click.argument("operation_id", metavar="OPERATION")
@click.option("--even-if-running", is_flag=True, help=_EVEN)
@talks_to_service
def undo(session: Session, operation_id: str, even_if_running: bool) -> int:
    """Put everything back that an operation has moved into the trash; its id may be shortened.

    Refused where something has been built again meanwhile.
    """
    operations = session.client.operations
    return _ended(session, operations.undo(whole_id(session, operation_id), even_if_running=even_if_running))


@click.command(short_help="List what was taken away, and until when it can be put back.")
@click.argument("operation_id", metavar="[OPERATION]", required=False)
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only these (repeat it).")
@click.option("--run", metavar="ID", help="Only those of a run: that retries, or is retried.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="The newest so many.")
@talks_to_service
def trash(session: Session, operation_id: str | None, states: tuple[str, ...], run: str | None, limit: int) -> int:
    """List the operations that have moved targets into the trash, newest first, or the targets of one."""

    def item(each: Any) -> tuple[Any, ...]:
        return each["state"], each["url"], text.size(each["bytes"], session.on_terminal), each["task_id"], each["why"]

    if operation_id is not None:
        found = {"items": list(session.client.operations.all_items(whole_id(session, operation_id)))}
        return listed(session, found, ("STATE", "TARGET", "SIZE", "TASK", "WHY"), item)
    run_id = session.client.find(run) if run else None
    return listed(
        session, session.client.operations.list(state=states, run=run_id, limit=limit), HEADS, partial(row_of, session)
    )


def row_of(session: Session, operation: Mapping[str, Any]) -> tuple[Any, ...]:
    """An operation below `HEADS`."""
    held, until = operation["counts"]["trashed"], operation["expires_at"]
    size = text.size(operation["bytes"]["trashed"], session.on_terminal)
    when = text.moment(until) if until and session.on_terminal else until
    return operation["id"], operation["state"], held, size, when, _what(operation)


def _ended(session: Session, begun: Mapping[str, Any]) -> int:
    """Wait for the end of an operation and tell it: exit code 1 where it did not go as it was asked for."""
    with progress(session, "moving" if begun["state"] == "moving" else "putting back") as told:
        operation = session.client.operations.wait(begun["id"], told)
    good = not operation["reason"] and operation["state"] in ("moved", "undone")
    if session.as_json:
        session.print_json(operation)
    elif not session.on_terminal:
        click.echo(operation["id"])
    else:
        for line in _told(operation).split("\n"):
            click.echo(text.clean(line))
    if not good and not session.on_terminal:
        click.echo(text.clean(operation["reason"]), err=True)
    sys.stdout.flush()
    return SUCCESS if good else RUN_FAILED


def _told(operation: Mapping[str, Any]) -> str:
    """What has become of an operation, for people."""
    identity, counts, size = operation["id"], operation["counts"], text.size(operation["bytes"]["trashed"], True)
    if operation["reason"]:
        return f"Operation {identity} {operation['state']}. {operation['reason']}"
    if operation["state"] == "undone":
        return f"{_targets(counts['restored'])} back in place (operation {identity})."
    until = f" until {text.moment(operation['expires_at'])}" if operation["expires_at"] else ""
    held = f"{_targets(counts['trashed'])} ({size}) in the trash{until}."
    return f"{held}\nTo put everything back: luigi-trigger targets undo {identity}" if counts["trashed"] else held


def _targets(count: int) -> str:
    return f"{count} target{'s' if count != 1 else ''}"


def _what(operation: Mapping[str, Any]) -> str:
    if operation["kind"] == "retry":
        return f"retry of {operation['retry_of']}" + (f" from {operation['named'][0]}" if operation["named"] else "")
    named: list[str] = operation["named"]
    return named[0] + (f" and {len(named) - 1} more" if len(named) > 1 else "")


def whole_id(session: Session, operation_id: str) -> str:
    """The whole id; raises OperationNotFound, or click's error for a beginning of several."""
    if is_run_id(operation_id):
        return operation_id
    items = session.client.operations.list(limit=_NEWEST)["items"]
    found = [each["id"] for each in items if each["id"].startswith(operation_id)]
    if not found:
        raise OperationNotFound(operation_id=operation_id)
    if len(found) > 1:
        raise click.BadParameter(f"{operation_id!r} begins {len(found)} ids; give more of it")
    return str(found[0])
