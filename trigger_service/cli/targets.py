"""The commands `targets list|show|lineage|verify`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from trigger_service.cli import lineage_tree, purge, text, trash
from trigger_service.cli.failures import RUN_FAILED, SUCCESS
from trigger_service.cli.session import Session, talks_to_service
from trigger_service.cli.target_url import TargetUrl

#: Of a fingerprint or a commit, enough for a person.
_SHORT = 12
#: What is as it should be, as far as anybody can tell.
_GOOD = frozenset({"ok", "no_checksum", "superseded"})
_WORDS = {"no_checksum": "no checksum on record", "unreadable": "cannot be read"}
_COLOURS = {"ok": "green", "changed": "red", "missing": "red", "unreadable": "red"}
_HEADS = ("TARGET", "WRITTEN", "BY", "RUN", "SIZE")


@click.group()
def targets() -> None:
    """See which run wrote a target, and from what; take targets away, and put them back."""


for command in (trash.invalidate, trash.undo, trash.trash, purge.purge):
    targets.add_command(command)


@targets.command("list")
@click.argument("search", metavar="[TEXT]", default="")
@click.option("--pipeline", metavar="NAME", help="Written by runs of this pipeline.")
@click.option("--run", metavar="ID", help="Everything that this run has written (its id may be shortened).")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="The newest so many.")
@talks_to_service
def list_targets(session: Session, search: str, pipeline: str | None, run: str | None, limit: int) -> int:
    """List the targets that runs have written, the newest first: those that have TEXT in their URL or task."""
    run_id = session.client.find(run) if run else None
    document = session.client.targets.list(q=search, pipeline=pipeline, run=run_id, limit=limit)
    if session.as_json:
        session.print_json(document)
        return SUCCESS
    rows = [
        (w["url"], _when(w, session), w["family"], w["run_id"], text.size(w["size"], session.on_terminal))
        for w in document["items"]
    ]
    text.rows(_HEADS, rows, session.on_terminal)
    return SUCCESS


@targets.command()
@click.argument("target", metavar="URL", type=TargetUrl())
@talks_to_service
def show(session: Session, target: str) -> int:
    """Show which run wrote a target, from what, and what was written there before."""
    document = session.client.targets.show(target)
    if session.as_json:
        session.print_json(document)
        return SUCCESS
    text.fields(_told(document, session), session.on_terminal)
    for source in document["inputs"]:
        _line("read", source["url"], source["state"], source["run_id"] or "", session)
    for write in document["earlier"]:
        _line("before", write["url"], _when(write, session), write["run_id"], session)
    return SUCCESS


@targets.command()
@click.argument("target", metavar="URL", type=TargetUrl())
@click.option("--up", "direction", flag_value="up", help="Only what it was made from.")
@click.option("--down", "direction", flag_value="down", help="Only what was made of it.")
@click.option("--depth", type=click.IntRange(1, 50), default=10, show_default=True, help="At most so many steps.")
@talks_to_service
def lineage(session: Session, target: str, direction: str | None, depth: int) -> int:
    """Show what a target was made from, and what was made of it.

    `superseded` is what was read and has been written anew since; `unknown` is what no run is known to have written.
    """
    document = session.client.targets.lineage(target, direction=direction or "both", depth=depth)
    if session.as_json:
        session.print_json(document)
        return SUCCESS
    for line in lineage_tree.lines(document, direction or "both"):
        click.echo(text.clean(line))
    return SUCCESS


@targets.command()
@click.argument("target", metavar="[URL]", type=TargetUrl(), required=False)
@click.option("--run", metavar="ID", help="Instead: all that this run has written (its id may be shortened).")
@click.option("--timeout", type=float, metavar="SECONDS", help="Stop reading after so long (600).")
@talks_to_service
def verify(session: Session, target: str | None, run: str | None, timeout: float | None) -> int:
    """Read a target again and compare it with what is on record.

    It is read by the code that wrote it. Exit code 1 where something is changed, missing or cannot be read.
    """
    if (target is None) == (run is None):
        raise click.UsageError("Name a URL, or a run with --run.")
    run_id = session.client.find(run) if run else None
    watched = session.on_terminal and sys.stderr.isatty()

    def hear(kind: str, news: Mapping[str, Any]) -> None:
        if watched:
            click.echo("\r\x1b[K" + (_read_so_far(news) if kind == "progress" else ""), err=True, nl=False)
        if kind == "verified" and not session.as_json:
            _verdict(news, session)

    document = session.client.targets.verify(target, run_id=run_id, timeout_s=timeout, hear=hear)
    if session.as_json:
        session.print_json(document)
    return SUCCESS if all(item["verdict"] in _GOOD for item in document["items"]) else RUN_FAILED


def _verdict(news: Mapping[str, Any], session: Session) -> None:
    word = _WORDS.get(news["verdict"], news["verdict"])
    shown = click.style(word, fg=_COLOURS.get(news["verdict"])) if session.on_terminal else word
    joint = "  " if session.on_terminal else "\t"
    click.echo(joint.join((shown, text.cell(news["url"]), text.cell(news["why"]))))


def _read_so_far(news: Mapping[str, Any]) -> str:
    of = f" of {text.size(news['of'], True)}" if news["of"] else ""
    return f"{text.size(news['amount'], True)}{of}  {text.clean(news['url'])}"


def _told(document: Mapping[str, Any], session: Session) -> dict[str, Any]:
    """The newest write as names and values."""
    newest, run = document["newest"], document["run"]
    code = newest["code"]
    commit = (code["commit"] or code["fingerprint"])[:_SHORT] + (" (with changes)" if code["dirty"] else "")
    parameters = " ".join(f"{name}={value}" for name, value in newest["parameters"].items())
    return {
        "target": newest["url"],
        "written": _when(newest, session),
        "by": f"{newest['family']} {parameters}".strip(),
        "run": f"{newest['run_id']} ({run['state'] if run else 'deleted'}, {newest['pipeline']})",
        "place": "" if newest["location"] == newest["environment"] == "default"
        else f"{newest['location']}/{newest['environment']}",
        "code": commit,
        "size": text.size(newest["size"], session.on_terminal),
        "rows": newest["rows"],
        "sha256": newest["sha256"] or ("none on record: it was only looked at" if newest["observed"] else ""),
        "version": newest["version"],
        "trash": _held(document["trash"], session),
    }  # fmt: skip


def _held(trash: Mapping[str, Any] | None, session: Session) -> str:
    """Where what was taken away waits."""
    if trash is None:
        return ""
    expires = trash["expires_at"]
    until = f" until {text.moment(expires) if session.on_terminal else expires}" if expires else ""
    return f"it waits in that of operation {trash['operation_id']}{until}"


def _line(head: str, url: str, about: str, run_id: str, session: Session) -> None:
    first, joint = (head.ljust(7), "  ") if session.on_terminal else (head, "\t")
    click.echo(joint.join([first, *map(text.cell, (url, about, run_id))]).rstrip())


def _when(write: Mapping[str, Any], session: Session) -> str:
    return text.moment(write["time"]) if session.on_terminal else str(write["time"])
