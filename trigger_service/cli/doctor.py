"""The command `doctor`: what is wrong with a project and its machine, why it matters, and the mend."""

from __future__ import annotations

import json
import os
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import click

from trigger_service.cli.checks.finding import Finding
from trigger_service.cli.failures import RUN_FAILED, SUCCESS
from trigger_service.cli.text import clean

#: What each severity looks like: mark, and colour.
_LOOKS = {"fault": ("✗", "x", "red"), "warning": ("!", "!", "yellow")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON with stable fields.")
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> int:
    """Look for what is wrong with the project here, and its mend.

    Works with the service up and down; changes nothing. Imports the project's modules, in processes of their own. Exit
    code 1 where there are faults; warnings are none.
    """
    findings = examine(Path.cwd(), dict(os.environ), time.time)
    faults = sum(found.severity == "fault" for found in findings)
    if as_json or context.find_root().params.get("as_json"):
        click.echo(json.dumps({"ok": not faults, "findings": [asdict(found) for found in findings]}))
    else:
        for found in findings:
            click.echo(told(found, sys.stdout.encoding.lower().startswith("utf")))
        click.secho(verdict(len(findings) - faults, faults), fg="red" if faults else "green", bold=True)
    return RUN_FAILED if faults else SUCCESS


def examine(folder: Path, variables: Mapping[str, str], clock: Callable[[], float]) -> list[Finding]:
    """All that is wrong with the project in `folder`, faults first."""
    from trigger_service.cli.checks.files import UNREADABLE, check_files  # noqa: PLC0415 (--help need not wait for it)

    findings = list(check_files(folder, variables))
    if not any(found.code == UNREADABLE for found in findings):
        findings += _examine(folder, variables, clock)
    return sorted(findings, key=lambda found: found.severity != "fault")


def _examine(folder: Path, variables: Mapping[str, str], clock: Callable[[], float]) -> list[Finding]:
    """What is wrong where the files of the configuration can be read: all of this imports luigi."""
    from trigger_service.cli.checks.code import check_code  # noqa: PLC0415
    from trigger_service.cli.checks.configuration import read_configuration  # noqa: PLC0415
    from trigger_service.cli.checks.home import check_home  # noqa: PLC0415
    from trigger_service.cli.checks.machine import check_machine  # noqa: PLC0415
    from trigger_service.cli.checks.service import (  # noqa: PLC0415
        check_announcement,
        check_clock,
        check_roots,
        check_service,
        check_token,
    )

    settings, findings = read_configuration(folder, variables)
    if settings is not None:
        home = settings.home
        findings += check_home(home, clock(), Path("/proc/mounts").read_text())
        findings += (announced := list(check_announcement(home)))
        is_up = (home / "service.json").exists() and not announced
        findings += check_machine(settings, Path("/dev/shm"), is_up)  # noqa: S108 (what is looked at)
        findings += check_token(settings, clock())
        findings += check_roots(settings)
        findings += check_code(settings, folder, variables)
        if is_up:
            findings += check_service(_url(home / "service.json"), home, folder / "luigi.cfg")
            findings += check_clock(f"http://127.0.0.1:{_port(home / 'luigid.json')}", clock())
    return findings


def told(found: Finding, is_rich: bool) -> str:
    """A finding for people: what is wrong, and below it where, why it matters, and the mend."""
    rich, plain, colour = _LOOKS[found.severity]
    head = (
        f"{click.style(rich if is_rich else plain, fg=colour, bold=True)} {click.style(clean(found.what), bold=True)}"
    )
    below = {"where": found.where, "why": f"{found.why[:1].upper()}{found.why[1:]}.", "mend": found.mend}
    lines = [_wrapped(name, clean(text)) for name, text in below.items()]
    return "\n".join([head, *lines, ""])


def verdict(warnings: int, faults: int) -> str:
    """How many there are of each, in one line."""
    if not faults and not warnings:
        return "Nothing is wrong."
    counts = [(faults, "fault"), (warnings, "warning")]
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count)


def _wrapped(name: str, text: str) -> str:
    head = click.style(f"  {name:<6}", fg="bright_black")
    return head + textwrap.fill(text, 100, subsequent_indent=" " * 8, break_long_words=False, break_on_hyphens=False)


def _url(file: Path) -> str:
    return str(json.loads(file.read_text())["url"])


def _port(file: Path) -> int:
    try:
        return int(json.loads(file.read_text())["port"])
    except (OSError, ValueError, KeyError):
        return 0
