"""Staying with a run that was asked for until it has ended, where that is wanted; and how it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from trigger_service.cli import browser, text
from trigger_service.cli.failures import INTERRUPTED, RUN_FAILED, SUCCESS
from trigger_service.cli.session import Session

if TYPE_CHECKING:
    from trigger_service.client import RunHandle

Command = TypeVar("Command", bound=Callable[..., Any])


def takes_stay(command: Command) -> Command:
    """Give the command the options of `Stay`, by its names."""
    options = (
        click.option("--wait", is_flag=True, help="Wait for the end of the run."),
        click.option("--follow", is_flag=True, help="Show its output and progress until it has ended."),
        click.option("--web", is_flag=True, help="Open the run in the browser; print its address where there is none."),
        click.option(
            "--timeout", type=float, metavar="SECONDS", help="Stop waiting after so long (exit code 5); it goes on."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True)
class Stay:
    """Whether, and how long; raises click's error for options that do not go together."""

    wait: bool
    follow: bool
    web: bool
    timeout: float | None

    def __post_init__(self) -> None:
        """Refuse what makes no sense before anything is asked for."""
        if self.timeout is not None and not (self.wait or self.follow):
            raise click.UsageError("--timeout needs --wait or --follow")

    def with_run(self, session: Session, handle: RunHandle, sentence: str) -> int:
        """The exit code; `sentence` is what a terminal shows where nobody stays."""
        if self.web:
            browser.show(session.page_of(handle.id))
        if not (self.wait or self.follow):
            return _accepted(session, handle, sentence)
        try:
            ended = _follow(session, handle, self.timeout) if self.follow else handle.wait(self.timeout)
        except KeyboardInterrupt:
            click.echo(f"\nThe run goes on. Cancel it with: luigi-trigger cancel {handle.id}", err=True)
            return INTERRUPTED
        _report(session, ended, self.follow)
        return SUCCESS if ended["state"] == "succeeded" else RUN_FAILED


def _accepted(session: Session, handle: RunHandle, sentence: str) -> int:
    if session.as_json:
        session.print_json(handle.document)
    else:
        click.echo(sentence if session.on_terminal else handle.id)
    return SUCCESS


def _follow(session: Session, handle: RunHandle, timeout_s: float | None) -> dict[str, Any]:
    if session.on_terminal:
        from trigger_service.cli.live import follow_live  # noqa: PLC0415 (rich is slow to import)

        return follow_live(handle, timeout_s)
    for line in session.client.logs(handle.id, follow=True, timeout_s=timeout_s):
        # with --json stdout is the run alone
        click.echo(text.log_lines(line, on_terminal=False), err=session.as_json)
    return handle.wait(timeout_s)


def _report(session: Session, ended: dict[str, Any], follow: bool) -> None:
    if session.as_json:
        session.print_json(ended)
    elif session.on_terminal or follow:
        # stdout of --follow is the run's output
        click.echo(text.summary(ended), err=not session.on_terminal)
    else:
        click.echo(f"{ended['id']}\t{ended['state']}")
        if ended["state"] != "succeeded":
            click.echo(text.summary(ended), err=True)
