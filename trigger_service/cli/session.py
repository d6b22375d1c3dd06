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
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from trigger_service.client import Client


@dataclass(frozen=True)
class Session:
    """One call of the command line."""

    #: As given by `--url` or `LUIGI_TRIGGER_URL`; None for the service of the current folder.
    url: str | None
    as_json: bool

    @functools.cached_property
    def client(self) -> Client:
        """A client of the service; raises NoService."""
        from trigger_service.client import Client  # noqa: PLC0415 (is slow to import)

        return Client(self.url, name=f"cli {_person()}")

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
    """Add `--url` and `--json` to a command, and give it a Session as its first argument."""

    @click.option("--url", help="Address of the service (else LUIGI_TRIGGER_URL, else that of the current folder).")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON with stable fields.")
    @click.pass_context
    @functools.wraps(command)
    def wrapper(context: click.Context, /, url: str | None, as_json: bool, **arguments: Any) -> Any:
        root = context.find_root().params
        session = Session(url or root.get("url"), as_json or bool(root.get("as_json")))
        return command(session, **arguments)

    return wrapper


def _person() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
