"""The command `run`: ask for a run and, where wanted, stay with it until it has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from trigger_service.cli import browser, text
from trigger_service.cli.failures import INTERRUPTED, RUN_FAILED, SUCCESS
from trigger_service.cli.parameters import PipelineName, parse_labels, parse_parameters, takes_parameters, takes_place
from trigger_service.cli.session import Session, talks_to_service

if TYPE_CHECKING:
    from trigger_service.client import RunHandle


@click.command()
@click.argument("name", metavar="NAME", type=PipelineName())
@takes_parameters
@takes_place
@click.option("--preset", metavar="NAME", help="Lay the parameters over this preset of the pipeline.")
@click.option("--module", help="The module that has it, where several have a pipeline of this name.")
@click.option("--workers", type=int, help="How many tasks may run at a time ([core] workers).")
@click.option("--priority", type=int, help="Higher goes first.")
@click.option("--pool", "pools", multiple=True, metavar="NAME", help="Hold a slot of this pool (repeat it).")
@click.option("--label", multiple=True, metavar="NAME=VALUE", help="For finding the run again (repeat it).")
@click.option("--run-timeout", "timeout_s", type=float, metavar="SECONDS", help="The run fails when it takes longer.")
@click.option("--max-attempts", type=int, help="How many attempts, where attempts are lost.")
@click.option("--if-active", type=click.Choice(["run", "attach", "reject"]), help="While the same run is active.")
@click.option("--idempotency-key", metavar="KEY", help="The same key asks for the same run, however often it is sent.")
@click.option("--wait", is_flag=True, help="Wait for the end of the run.")
@click.option("--follow", is_flag=True, help="Show its output and progress until it has ended.")
@click.option("--web", is_flag=True, help="Open the run in the browser; print its address where there is none.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Stop waiting after so long (exit code 5); it goes on.")
@talks_to_service
def run(
    session: Session,
    *,
    name: str,
    given: tuple[str, ...],
    label: tuple[str, ...],
    idempotency_key: str | None,
    wait: bool,
    follow: bool,
    web: bool,
    timeout: float | None,
    **options: Any,
) -> int:
    """Run the pipeline NAME.

    Prints the id of the run or, with --wait or --follow, how it ended: exit code 0 where it succeeded, otherwise 1.
    """
    if timeout is not None and not (wait or follow):
        raise click.UsageError("--timeout needs --wait or --follow")
    asked = {key: value for key, value in options.items() if value not in (None, ())}
    if label:
        asked["labels"] = parse_labels(label)
    handle = session.client.run(name, parse_parameters(given), idempotency_key=idempotency_key, **asked)
    if web:
        browser.show(session.page_of(handle.id))
    if not (wait or follow):
        return _accepted(session, handle)
    try:
        ended = _follow(session, handle, timeout) if follow else handle.wait(timeout)
    except KeyboardInterrupt:
        click.echo(f"\nThe run goes on. Cancel it with: luigi-trigger cancel {handle.id}", err=True)
        return INTERRUPTED
    _report(session, ended, follow)
    return SUCCESS if ended["state"] == "succeeded" else RUN_FAILED


def _accepted(session: Session, handle: RunHandle) -> int:
    if session.as_json:
        session.print_json(handle.document)
    elif session.on_terminal:
        click.echo(f"Run {handle.id} is {handle.document['state']}. Follow it with: luigi-trigger logs -f {handle.id}")
    else:
        click.echo(handle.id)
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
