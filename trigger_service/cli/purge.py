"""The command `targets purge`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from trigger_service.cli import text
from trigger_service.cli.consequences import progress
from trigger_service.cli.failures import RUN_FAILED, SUCCESS
from trigger_service.cli.session import Session, talks_to_service
from trigger_service.cli.trash import HEADS, row_of, whole_id

#: States in which something may wait in the trash.
_HOLDING = ("moved", "failed")
#: Seconds for which the command waits; the service goes on without it.
_WAIT_S = 60.0


@click.command(short_help="Delete for good what was taken away.")
@click.argument("operation_ids", metavar="[OPERATION]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Whatever waits in the trash.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@talks_to_service
def purge(session: Session, operation_ids: tuple[str, ...], everything: bool, yes: bool) -> int:
    """Delete what operations hold in the trash, before it expires; ids may be shortened.

    Nothing brings it back: `targets undo` does not find it any more.
    """
    if everything is bool(operation_ids):
        raise click.UsageError("name operations, or say --all, and not both")
    operations = session.client.operations
    if everything:
        found = [each for each in operations.all(state=_HOLDING) if each["counts"]["trashed"]]
    else:
        found = [operations.get(whole_id(session, each)) for each in dict.fromkeys(operation_ids)]
    if found and not _agreed(session, found, yes):
        return RUN_FAILED
    begun = [operations.purge(each["id"]) for each in found]
    with progress(session, "deleting") as told:
        done = [operations.wait(each["id"], told, _WAIT_S) for each in begun]
    return _told(session, done)


def _agreed(session: Session, found: Sequence[Mapping[str, Any]], yes: bool) -> bool:
    if yes:
        return True
    if not session.as_json:
        text.rows(HEADS, [row_of(session, each) for each in found], session.on_terminal)
    if not session.on_terminal:
        raise click.UsageError("say --yes to have this deleted without being asked")
    count = sum(each["counts"]["trashed"] for each in found)
    size = text.size(sum(each["bytes"]["trashed"] for each in found), True)
    return click.confirm(f"Delete {count} target{'' if count == 1 else 's'} ({size}) for good?")


def _told(session: Session, done: Sequence[Mapping[str, Any]]) -> int:
    """Say what became of each: exit code 1 where something is still there."""
    left = [each for each in done if each["state"] != "expired"]
    if session.as_json:
        session.print_json({"items": list(done)})
    elif session.on_terminal:
        count = sum(each["counts"]["purged"] for each in done)
        click.echo(f"{count} target{'' if count == 1 else 's'} deleted." if done else "Nothing waits in the trash.")
    else:
        for each in done:
            click.echo(each["id"])
    for each in left:
        click.echo(
            f"Operation {each['id']} still holds {each['counts']['trashed']}; the service tries again.", err=True
        )
    sys.stdout.flush()
    return RUN_FAILED if left else SUCCESS
