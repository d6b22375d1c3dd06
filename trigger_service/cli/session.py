"""What every command that speaks to the service shares: `--url`, `--json`, and the client they lead to."""

from __future__ import annotations

import functools
import getpass
import json
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from trigger_service.client import Client

#: There is none that takes the token itself: everybody could read it in the list of processes.
token_file = click.option(
    "--token-file",
    type=click.Path(exists=True, path_type=Path),
    help="A file with the API token (else LUIGI_TRIGGER_TOKEN).",
)


@dataclass(frozen=True)
class Session:
    """One call of the command line."""

    #: As given by `--url` or `LUIGI_TRIGGER_URL`; None for the service of the current folder.
    url: str | None
    as_json: bool
    #: The file that has the token; None for what LUIGI_TRIGGER_TOKEN says.
    token_file: Path | None = None

    @functools.cached_property
    def client(self) -> Client:
        """A client of the service; raises NoService."""
        from trigger_service.client import Client  # noqa: PLC0415 (is slow to import)

        token = None if self.token_file is None else _content(self.token_file)
        try:
            return Client(self.url, token, f"cli {self.person}")
        except ValueError as error:
            raise click.UsageError(str(error)) from error

    @property
    def person(self) -> str:
        """Who calls: `ada@laptop`."""
        try:
            user = getpass.getuser()
        except (OSError, KeyError):
            user = str(os.getuid())
        return f"{user}@{socket.gethostname()}"

    def page_of(self, run_id: str) -> str:
        """The address of a run."""
        return f"{self.client.url}/api/v1/runs/{run_id}"

    @property
    def on_terminal(self) -> bool:
        """Whether a person reads along."""
        return sys.stdout.isatty() and not self.as_json

    def print_json(self, document: Any) -> None:
        """A document as one line of JSON."""
        click.echo(json.dumps(document))


def talks_to_service(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--url`, `--token-file` and `--json` to a command, and give it a Session as its first argument."""
    url = click.option(
        "--url", help="Address of the service (else LUIGI_TRIGGER_URL, else that of the current folder)."
    )
    return url(token_file(takes_json(command)))


def takes_json(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` to a command, and give it a Session as its first argument."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON with stable fields.")
    @click.pass_context
    @functools.wraps(command)
    def wrapper(context: click.Context, /, as_json: bool, **arguments: Any) -> Any:
        root = context.find_root().params
        given = {name: arguments.pop(name, None) or root.get(name) for name in ("url", "token_file")}
        return command(Session(as_json=as_json or bool(root.get("as_json")), **given), **arguments)

    return wrapper


def _content(file: Path) -> str:
    try:
        content = file.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{file} has no token: {error}", param_hint="--token-file") from error
    if not content:
        raise click.BadParameter(f"{file} is empty", param_hint="--token-file")
    return content
