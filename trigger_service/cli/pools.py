"""The commands `pools list`, `pools show`, `pools resize` and `pools reset`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from trigger_service.cli import text
from trigger_service.cli.failures import SUCCESS
from trigger_service.cli.session import Session, talks_to_service


@click.group()
def pools() -> None:
    """See and set how many runs may be live at once."""


@pools.command("list")
@talks_to_service
def list_pools(session: Session) -> int:
    """List the pools: slots, how many are held, and how many runs wait for one.

    `all` is the pool of all runs, `pipeline:NAME` that of a pipeline; the others have names that requests give.
    """
    document = session.client.pools.list(limit=0)
    if session.as_json:
        session.print_json(document)
        return SUCCESS
    entries = [(pool["name"], _slots(pool), len(pool["holders"]), pool["waiting"]) for pool in document["items"]]
    text.rows(("POOL", "SLOTS", "HELD", "WAITING"), entries, session.on_terminal)
    return SUCCESS


@pools.command()
@click.argument("name")
@talks_to_service
def show(session: Session, name: str) -> int:
    """Show a pool: the runs that hold its slots, and those that wait for one, in their order, with why."""
    pool = session.client.pools.get(name)
    if session.as_json:
        session.print_json(pool)
        return SUCCESS
    if session.on_terminal:
        text.fields({key: pool[key] for key in ("name", "configured", "waiting")} | {"slots": _slots(pool)}, True)
        click.echo()
    held = [(run["run_id"], "holds a slot", run["pipeline"], "") for run in pool["holders"]]
    waits = [(run["run_id"], "waits", run["pipeline"], run["reason"]) for run in pool["queue"]]
    text.rows(("RUN", "", "PIPELINE", "WHY"), [*held, *waits], session.on_terminal)
    return SUCCESS


@pools.command()
@click.argument("name")
@click.argument("slots", type=click.IntRange(0, 10_000))
@talks_to_service
def resize(session: Session, name: str, slots: int) -> int:
    """Give the pool NAME so many SLOTS from now on (0: no limit); one of a new name is made.

    It outlives a restart, and counts instead of what luigi.cfg says. Fewer slots end no run.
    """
    return _told(session, session.client.pools.save(name, body={"slots": slots}))


@pools.command()
@click.argument("name")
@talks_to_service
def reset(session: Session, name: str) -> int:
    """Go back to what luigi.cfg says of a pool; one that it says nothing of is removed."""
    session.client.pools.act(name, what="reset")
    if session.as_json:
        session.print_json({"name": name})
    return SUCCESS


def _told(session: Session, pool: Mapping[str, Any]) -> int:
    if session.as_json:
        session.print_json(pool)
    else:
        text.rows(("POOL", "SLOTS", "HELD"), [(pool["name"], _slots(pool), len(pool["holders"]))], session.on_terminal)
    return SUCCESS


def _slots(pool: Mapping[str, Any]) -> str:
    return str(pool["slots"] or "no limit")
