"""The commands `tokens create`, `tokens list` and `tokens revoke`: on the database of a project, without a service."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trigger_service.cli import text
from trigger_service.cli.failures import SUCCESS, NoProject
from trigger_service.cli.session import Session, takes_json
from trigger_service.domain.access import SCOPES, Scope
from trigger_service.domain.tokens import USUAL_DAYS, Token, expiry, is_token_name

if TYPE_CHECKING:
    from trigger_service.service.credentials import Credentials

#: What luigi reads in the current folder; one of these makes it a project.
_CONFIGURATIONS = ("luigi.cfg", "client.cfg", "luigi.toml")


class Expiry(click.ParamType[float | None]):
    """The end of a token, in seconds since the epoch; None for never."""

    name = "90d|DATE|never"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        """The end, counted from now."""
        try:
            return expiry(value, time.time())
        except ValueError:
            self.fail(f"expected days (90d), a last day to come (2031-12-31) or never, not {value!r}", param, ctx)


class TokenName(click.ParamType[str]):
    """What a token is called."""

    name = "NAME"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, where it can be one."""
        if not is_token_name(value):
            self.fail(f"expected a letter, then letters, digits, _ . @ or -, at most 64, not {value!r}", param, ctx)
        return value


@click.group()
def tokens() -> None:
    """Make, list and revoke API tokens, of the project here."""


@tokens.command()
@click.argument("name", type=TokenName())
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default="run",
    show_default=True,
    help="What it may do: read all, start and end runs too, or everything.",
)
@click.option(
    "--expires",
    type=Expiry(),
    default=f"{USUAL_DAYS}d",
    show_default=True,
    help="When it ends; a DATE is its last day.",
)
@takes_json
def create(session: Session, *, name: str, scope: Scope, expires: float | None) -> int:
    """Make a token for NAME (a person, a program) and print it; it is never shown again."""
    with _credentials() as credentials:
        token, secret = credentials.create(name, scope, expires, f"cli {session.person}")
    now = time.time()
    if session.as_json:
        session.print_json({**_document(token, now), "token": secret})
    elif session.on_terminal:
        text.fields(_document(token, now), on_terminal=True)
        click.echo(f"\n{secret}\n\nKeep it now: it is not stored, and never shown again.")
    else:
        click.echo(secret)
    return SUCCESS


@tokens.command("list")
@takes_json
def list_tokens(session: Session) -> int:
    """List all tokens, also expired and revoked ones: what they may do, and when they were last used."""
    now = time.time()
    with _credentials() as credentials:
        documents = [_document(token, now) for token in credentials.listed()]
    if session.as_json:
        session.print_json({"items": documents})
        return SUCCESS
    shown = ("id", "name", "scope", "state", "created_at", "expires_at", "last_used_at")
    heads = ("ID", "NAME", "SCOPE", "STATE", "CREATED", "EXPIRES", "LAST USED")
    text.rows(heads, [[document[key] for key in shown] for document in documents], session.on_terminal)
    return SUCCESS


@tokens.command()
@click.argument("name_or_id")
@takes_json
def revoke(session: Session, name_or_id: str) -> int:
    """Make a token useless, at once and for ever."""
    with _credentials() as credentials:
        document = _document(credentials.revoke(name_or_id, f"cli {session.person}"), time.time())
    if session.as_json:
        session.print_json(document)
    else:
        text.rows(("ID", "NAME", "STATE"), [[document[key] for key in ("id", "name", "state")]], session.on_terminal)
    return SUCCESS


@contextmanager
def _credentials() -> Iterator[Credentials]:
    """The tokens of the project in the current folder; its database is made where there is none yet.

    One that is there is not migrated: a service may be using it. Raises NoProject, InvalidSettings, DatabaseTooOld, and
    what configparser raises.
    """
    from trigger_service.config import DATABASE_FILE  # noqa: PLC0415
    from trigger_service.service.credentials import Credentials  # noqa: PLC0415 (is slow to import)
    from trigger_service.settings import load_settings  # noqa: PLC0415 (imports luigi)
    from trigger_service.store.schema import open_as_it_is, open_database  # noqa: PLC0415

    folder = Path.cwd()
    settings = load_settings(folder)
    configured = "LUIGI_CONFIG_PATH" in os.environ or any((folder / name).exists() for name in _CONFIGURATIONS)
    if not configured and not settings.home.exists():
        raise NoProject(f"There is no project in {folder}. Go to the folder that `luigi-trigger up` is started in.")
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = settings.home / DATABASE_FILE
    database = open_as_it_is(file) if file.exists() else open_database(file)
    try:
        yield Credentials(database)
    finally:
        database.close()


def _document(token: Token, now: float) -> Mapping[str, Any]:
    """The token as JSON, with everything but the token itself."""
    return {
        "id": token.id,
        "name": token.name,
        "scope": token.scope,
        "state": token.state(now),
        "created_at": _iso(token.created_at),
        "expires_at": _iso(token.expires_at),
        "last_used_at": _iso(token.last_used_at),
        "revoked_at": _iso(token.revoked_at),
    }


def _iso(seconds: float | None) -> str | None:
    """A time as the API writes it."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
