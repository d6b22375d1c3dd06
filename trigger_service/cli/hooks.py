"""The commands `hooks ...`: pipelines that start when a webhook is delivered."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from trigger_service.cli.failures import SUCCESS
from trigger_service.cli.named import told
from trigger_service.cli.parameters import PipelineName
from trigger_service.cli.sensors import add_verbs, sensor_of, takes_sensor
from trigger_service.cli.session import Session, talks_to_service
from trigger_service.domain.signatures import DIGESTS, ENCODINGS, SCHEMES, WebhookSource, secret_fault, sign

#: Those of a webhook's source.
_MEMBERS = tuple(field.name for field in fields(WebhookSource))
#: There is no option that takes a secret itself: everybody could read it in the list of processes.
_secret_file = click.option(
    "--secret-file", type=click.File(), metavar="FILE", help="The secret that the sender has made (- is stdin)."
)


@click.group()
def hooks() -> None:
    """Start pipelines by signed webhooks."""


@hooks.command(short_help="Make a webhook, or change the one of this name.")
@click.argument("name")
@click.argument("pipeline", type=PipelineName())
@click.option("--scheme", type=click.Choice(SCHEMES), help="Who signs how (standard: Standard Webhooks).")
@click.option("--header", metavar="NAME", help="hmac: the header that has the signature.")
@click.option("--prefix", metavar="TEXT", help="hmac: what stands in it before the signature.")
@click.option("--encoding", type=click.Choice(ENCODINGS), help="hmac: how the signature is written (hex).")
@click.option("--digest", type=click.Choice(DIGESTS), help="hmac: the hash (sha256).")
@click.option("--id-header", metavar="NAME", help="hmac: the header that has the id of a delivery.")
@click.option("--timestamp-header", metavar="NAME", help="hmac: the header that has the time, which is signed too.")
@click.option("--tolerance", "tolerance_s", type=float, metavar="SECONDS", help="hmac: how old it may be (300).")
@_secret_file
@takes_sensor
@talks_to_service
def save(session: Session, *, name: str, secret_file: Any, **given: Any) -> int:
    """Start PIPELINE whenever something is delivered to /hooks/NAME.

    Parameters come from the payload: --map day=/date. The first time a secret is made and printed; it is never shown
    again.
    """
    options = {member: value for member in _MEMBERS if (value := given.pop(member)) is not None}
    body = sensor_of({"kind": "webhook", **options}, given)
    if secret_file is not None:
        body["secret"] = _line(secret_file)
    return _told_with_secret(session, session.client.sensors.save(name, body=body))


@hooks.command()
@click.argument("name")
@_secret_file
@click.option(
    "--keep-old-for", "keep_old_for_s", type=float, metavar="SECONDS", help="The old one stays good so long (a day)."
)
@talks_to_service
def rotate(session: Session, name: str, secret_file: Any, keep_old_for_s: float | None) -> int:
    """Make a new secret for a webhook and print it; the old one stays good beside it for a while."""
    given = {"secret": None if secret_file is None else _line(secret_file), "keep_old_for_s": keep_old_for_s}
    body = {member: value for member, value in given.items() if value is not None}
    return _told_with_secret(session, session.client.sensors.ask(name, what="secret", body=body))


@hooks.command()
@click.argument("name")
@click.argument("payload", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--secret-file", type=click.File(), metavar="FILE", help="The secret; else it is asked for.")
@click.option("--id", "delivery", metavar="ID", help="The id of the delivery, where it comes again.")
@talks_to_service
def send(session: Session, name: str, payload: Path, secret_file: Any, delivery: str | None) -> int:
    """Deliver PAYLOAD (JSON; - is stdin) to a webhook, signed as its sender would.

    The secret is that of the file, of LUIGI_TRIGGER_HOOK_SECRET, or as it is typed.
    """
    described = session.client.sensors.get(name)["source"]
    if described["kind"] != "webhook":
        raise click.UsageError(f"{name} is no webhook; it waits for what is of the kind {described['kind']}")
    source = WebhookSource(**{member: described[member] for member in _MEMBERS})
    with click.open_file(str(payload), "rb") as file:
        content: bytes = file.read()
    secret = _secret(secret_file)
    fault = secret_fault(source.scheme, secret)
    if fault:
        raise click.UsageError(f"this cannot be the secret: {fault}")
    signature = sign(source, secret, content, delivery or uuid.uuid4().hex, time.time())
    return told(session, session.client.deliver(name, content, {"Content-Type": "application/json", **signature}))


def _secret(file: Any) -> str:
    """The secret of a file, of the environment, or of who sits before it."""
    if file is not None:
        return _line(file)
    if "LUIGI_TRIGGER_HOOK_SECRET" in os.environ:
        return os.environ["LUIGI_TRIGGER_HOOK_SECRET"]
    if not sys.stdin.isatty():
        raise click.UsageError("say the secret, by --secret-file or LUIGI_TRIGGER_HOOK_SECRET")
    secret: str = click.prompt("Secret", hide_input=True, err=True)
    return secret


def _line(file: Any) -> str:
    return str(file.read()).strip()


def _told_with_secret(session: Session, document: dict[str, Any]) -> int:
    """Print what was answered; to a pipe the new secret alone, or nothing."""
    secret = document.get("secret")
    if session.as_json or (session.on_terminal and secret is None):
        return told(session, document)
    if session.on_terminal:
        told(session, {**document, "secret": None})
        click.echo(f"\n{secret}\n\nKeep it now: it is never shown again.")
    elif secret is not None:
        click.echo(secret)
    return SUCCESS


def _waits_for(source: Mapping[str, Any]) -> str:
    return f"{source['scheme']} {source['header']}".strip()


add_verbs(hooks, "webhook", _waits_for)
