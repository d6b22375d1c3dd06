"""`--web`: the address of a run, in a browser where there is one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import click


def show(url: str, environment: Mapping[str, str] = os.environ) -> None:
    """Print the address on stderr, and open it where somebody sits before a screen."""
    click.echo(url, err=True)
    if not (environment.get("BROWSER") or _has_screen(environment)):
        return
    import webbrowser  # noqa: PLC0415 (only here)

    webbrowser.open(url)


def _has_screen(environment: Mapping[str, str]) -> bool:
    # without one the standard library would start a browser in the terminal
    return sys.platform == "darwin" or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
