"""The commands that are the same for all things with names: show, pause, resume, remove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from trigger_service.cli import text
from trigger_service.cli.failures import SUCCESS
from trigger_service.cli.session import Session, talks_to_service

if TYPE_CHECKING:
    from trigger_service.resources import Resource

#: Finds the things in the client of a session.
Finds = Callable[[Session], "Resource"]


def told(session: Session, document: dict[str, Any]) -> int:
    """Print one of them: as JSON, or its members one a line, those of its request among them."""
    if session.as_json:
        session.print_json(document)
    else:
        shown = dict(document)
        inner = {name: shown.pop(name, None) or {} for name in ("request", "timing", "source")}
        text.fields({**shown, **inner["request"], **inner["timing"], **inner["source"]}, session.on_terminal)
    return SUCCESS


def listed(
    session: Session, document: dict[str, Any], heads: Sequence[str], row: Callable[[Any], Sequence[Any]]
) -> int:
    """Print some of them: as JSON, or a row for each."""
    if session.as_json:
        session.print_json(document)
    else:
        text.rows(heads, [row(item) for item in document["items"]], session.on_terminal)
    return SUCCESS


def changed(session: Session, document: dict[str, Any], heads: Sequence[str], row: Sequence[Any]) -> int:
    """Print what has become of one of them: as JSON, or its row."""
    if session.as_json:
        session.print_json(document)
    else:
        text.rows(heads, [row], session.on_terminal)
    return SUCCESS


def add_show(group: click.Group, what: str, of: Finds) -> None:
    """Add `show NAME`."""

    @group.command(help=f"Show a {what}.")
    @click.argument("name")
    @talks_to_service
    def show(session: Session, name: str) -> int:
        return told(session, of(session).get(name))


def add_remove(group: click.Group, what: str, of: Finds) -> None:
    """Add `remove NAME`."""

    @group.command(
        short_help=f"Remove a {what}; its runs stay.",
        help=f"Remove a {what} and the record of what became of it; its runs stay.",
    )
    @click.argument("name")
    @talks_to_service
    def remove(session: Session, name: str) -> int:
        of(session).remove(name)
        if session.as_json:
            session.print_json({"name": name})
        return SUCCESS


def add_pauses(group: click.Group, what: str, of: Finds) -> None:
    """Add `pause NAME` and `resume NAME`."""
    for verb, paused in (("pause", True), ("resume", False)):

        @group.command(verb, help=f"{verb.capitalize()} a {what}.")
        @click.argument("name")
        @talks_to_service
        def change(session: Session, name: str, paused: bool = paused) -> int:
            document = of(session).change(name, paused=paused)
            row = document["name"], "paused" if document["paused"] else "going on"
            return changed(session, document, ("NAME", ""), row)
