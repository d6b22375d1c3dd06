"""The command `up`."""

from __future__ import annotations

import sys

import click


@click.command()
def up() -> int:
    """Start the service for the project in the current folder.

    With it its luigid and all that they need. Ctrl-C ends it.
    """
    from trigger_service.supervisor import up as start  # noqa: PLC0415 (nothing else needs it)

    return start(interactive=sys.stdin.isatty() and sys.stdout.isatty())
