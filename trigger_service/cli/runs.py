"""The commands `runs` and `cancel`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from trigger_service.cli import browser, text
from trigger_service.cli.failures import SUCCESS
from trigger_service.cli.parameters import RunId, takes_place
from trigger_service.cli.run_text import run_text
from trigger_service.cli.session import Session, talks_to_service


@click.command()
@click.argument("run_id", metavar="[ID]", type=RunId(), required=False)
@takes_place
@click.option("--state", multiple=True, help="Only these states (repeat it).")
@click.option("--pipeline", help="Only this pipeline.")
@click.option("--label", multiple=True, metavar="NAME=VALUE", help="Only with this label (repeat it).")
@click.option("--text", "wanted", help="Only where id, pipeline, parameters, labels, reason or error have this text.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="The newest so many.")
@click.option("--web", is_flag=True, help="Open it in the browser; print its address where there is none.")
@talks_to_service
def runs(
    session: Session,
    *,
    run_id: str | None,
    state: tuple[str, ...],
    pipeline: str | None,
    label: tuple[str, ...],
    wanted: str | None,
    limit: int,
    web: bool,
    **place: str | None,
) -> int:
    """List runs, newest first, or show one.

    ID may be the beginning of an id, as long as only one run has it.
    """
    if run_id is not None:
        document = session.client.get(session.client.find(run_id))
        if web:
            browser.show(session.page_of(document["id"]))
        _show(session, document)
        return SUCCESS
    if web:
        raise click.UsageError("--web needs the ID of a run")
    page = session.client.runs(state=state, pipeline=pipeline, label=label, text=wanted, limit=limit, **place)
    if session.as_json:
        session.print_json(page)
        return SUCCESS
    _list(session, page["items"])
    return SUCCESS


def _list(session: Session, runs: Sequence[dict[str, Any]]) -> None:
    """A line for each run; on a terminal with local times, and with places only where there are several."""
    if session.on_terminal and not runs:
        click.echo("There are no such runs. Ask for one: luigi-trigger run NAME")
        return
    entries: list[Sequence[str]] = [
        (
            run["id"],
            run["state"],
            run["pipeline"],
            f"{run['progress']['done']}/{run['progress']['total']}",
            text.moment(run["created_at"]) if session.on_terminal else run["created_at"],
            text.duration(run),
            f"{run['location']}/{run['environment']}",
        )
        for run in runs
    ]
    columns: Sequence[str] = ("ID", "STATE", "PIPELINE", "DONE", "CREATED", "TOOK", "PLACE")
    if session.on_terminal and {entry[-1] for entry in entries} == {"default/default"}:
        columns, entries = columns[:-1], [entry[:-1] for entry in entries]
    text.rows(columns, entries, session.on_terminal)


def _show(session: Session, run: dict[str, Any]) -> None:
    if session.as_json:
        session.print_json(run)
    elif session.on_terminal:
        text.fields(run_text(run), on_terminal=True)
        if run["error"] and run["error"]["traceback"]:
            click.echo(f"\n{text.traceback(run['error'])}")
    else:
        text.fields(run, on_terminal=False)


@click.command()
@click.argument("run_id", metavar="ID", type=RunId())
@talks_to_service
def cancel(session: Session, run_id: str) -> int:
    """Cancel a run."""
    document = session.client.cancel(session.client.find(run_id))
    if session.as_json:
        session.print_json(document)
    else:
        text.rows(("ID", "STATE"), [(document["id"], document["state"])], session.on_terminal)
    return SUCCESS
