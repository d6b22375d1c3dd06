"""The command `logs`: what the tasks of a run printed."""

from __future__ import annotations

import click

from trigger_service.cli import text
from trigger_service.cli.failures import INTERRUPTED, SUCCESS
from trigger_service.cli.parameters import RunId
from trigger_service.cli.session import Session, talks_to_service


@click.command()
@click.argument("run_id", metavar="ID", type=RunId())
@click.option("-f", "--follow", is_flag=True, help="Go on until the run has ended.")
@click.option("--level", help="The least level.")
@click.option("--task", help="Only this task (its id, or its family).")
@click.option("--grep", metavar="TEXT", help="Only lines with this text, in any case.")
@talks_to_service
def logs(session: Session, *, run_id: str, follow: bool, level: str | None, task: str | None, grep: str | None) -> int:
    """Print what the tasks of a run printed."""
    client = session.client
    lines = client.logs(client.find(run_id), follow=follow, level=level, task=task, text=grep)
    try:
        for line in lines:
            if session.as_json:
                session.print_json(line)
            else:
                click.echo(text.log_lines(line, session.on_terminal))
    except KeyboardInterrupt:
        return INTERRUPTED
    return SUCCESS
