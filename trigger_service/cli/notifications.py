"""The commands `notifications list|show|save|test|messages|pause|resume|remove`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from trigger_service.cli import text
from trigger_service.cli.failures import RUN_FAILED, SUCCESS
from trigger_service.cli.named import add_pauses, add_remove, add_show, listed, told
from trigger_service.cli.parameters import parse_labels
from trigger_service.cli.session import Session, talks_to_service

if TYPE_CHECKING:
    from trigger_service.resources import Resource

_EVENTS = ("failed", "recovered", "late", "long")


@click.group()
def notifications() -> None:
    """Be told of runs that fail, recover, are late or long."""


def _rules(session: Session) -> Resource:
    return session.client.notifications


@notifications.command("list")
@talks_to_service
def list_rules(session: Session) -> int:
    """List the notification rules, by name."""

    def row(each: Any) -> tuple[Any, ...]:
        state = "paused" if each["paused"] else ""
        channel = f"{each['channel']['kind']} {each['channel']['address']}"
        return each["name"], ", ".join(each["events"]), ", ".join(each["pipelines"]), channel, state

    return listed(session, _rules(session).list(), ("RULE", "EVENTS", "PIPELINES", "CHANNEL", ""), row)


add_show(notifications, "notification rule", _rules)


@notifications.command(short_help="Make a notification rule, or change the one of this name.")
@click.argument("name")
@click.option("--slack", "kind", flag_value="slack", help="To Slack, or what takes the same as it.")
@click.option("--webhook", "kind", flag_value="webhook", help="To a program, signed as Standard Webhooks says.")
@click.option("--apprise", "kind", flag_value="apprise", help="By apprise, which knows a hundred others.")
@click.option("--mail", "to", multiple=True, metavar="ADDRESS", help="By mail (repeat it).")
@click.option(
    "--url-from",
    metavar="VARIABLE|-",
    help="The environment variable that has the address, or - for standard input. Without it, it is asked for on a "
    "terminal, and otherwise stays as it was.",
)
@click.option("--secret-from", metavar="VARIABLE|-", help="The same for the secret of a webhook; else one is made.")
@click.option("--event", "events", multiple=True, type=click.Choice(_EVENTS), help="Of what to tell (failed).")
@click.option("--pipeline", "pipelines", multiple=True, metavar="GLOB", help="Of which pipelines (all).")
@click.option("--label", multiple=True, metavar="NAME=VALUE", help="Of runs with this label only (repeat it).")
@click.option("--late", "late_s", type=float, metavar="SECONDS", help="Late is what has no success by then (3600).")
@click.option("--longer-than", type=float, metavar="TIMES", help="Long is what takes so many times as long (2).")
@click.option("--fold", "fold_s", type=float, metavar="SECONDS", help="Tell the same together for so long (300).")
@talks_to_service
def save(session: Session, *, name: str, kind: str | None, to: tuple[str, ...], **options: Any) -> int:
    """Make the notification rule NAME, or change the one of this name; it tells of what happens from now on.

    No address is given as an argument: everybody on the machine could read it in the list of processes.
    """
    if (kind is None) == (not to):
        raise click.UsageError("say where to, by one of --slack, --webhook, --apprise and --mail ADDRESS")
    url_from, secret_from, label = (options.pop(key) for key in ("url_from", "secret_from", "label"))
    channel: dict[str, Any] = {"kind": kind or "mail", "to": list(to)}
    if kind is not None:
        given = {"url": _secret(url_from, "Address", "--url-from"), "secret": _secret(secret_from, "", "--secret-from")}
        channel.update({member: value for member, value in given.items() if value})
    body = {key: value for key, value in options.items() if value not in (None, ())}
    body = {"events": ["failed"], **body, "channel": channel, "labels": parse_labels(label)}
    return told(session, _rules(session).save(name, body=body))


@notifications.command()
@click.argument("name")
@talks_to_service
def test(session: Session, name: str) -> int:
    """Send a message that says that it is a test, and say what has become of it."""
    message = _rules(session).ask(name, what="test")
    if session.as_json:
        session.print_json(message)
    else:
        text.rows(("STATE", "WHY NOT"), [(message["state"], message["last_error"])], session.on_terminal)
    return SUCCESS if message["state"] == "sent" else RUN_FAILED


@notifications.command()
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="The newest so many.")
@talks_to_service
def messages(session: Session, name: str, limit: int) -> int:
    """List what was told by a rule and what has become of it, newest first."""

    def row(each: Any) -> tuple[Any, ...]:
        return each["created_at"], each["state"], each["subject"], each["tries"], each["last_error"]

    found = _rules(session).part(name, what="messages", limit=limit)
    return listed(session, found, ("TIME", "STATE", "MESSAGE", "TRIES", "WHY NOT"), row)


add_pauses(notifications, "notification rule", _rules)
add_remove(notifications, "notification rule", _rules)


def _secret(source: str | None, question: str, option: str) -> str:
    """What somebody does not want to be seen; empty for what stays as it was."""
    if source == "-":
        return sys.stdin.readline().strip()
    if source is not None:
        if not os.environ.get(source):
            raise click.BadParameter(f"there is no variable {source} in the environment", param_hint=option)
        return os.environ[source].strip()
    if question and sys.stdin.isatty():
        return str(click.prompt(f"{question} (empty: as it was)", default="", show_default=False, hide_input=True))
    return ""
