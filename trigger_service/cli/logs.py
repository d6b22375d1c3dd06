"""The command `logs`: what the tasks of a run printed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
@click.option("--regex", metavar="EXPRESSION", help="Only lines in which this matches (RE2's syntax).")
@click.option(
    "--download",
    "file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it all to FILE: JSON lines where its name ends in .jsonl, otherwise text.",
)
@talks_to_service
def logs(session: Session, *, run_id: str, follow: bool, grep: str | None, file: Path | None, **query: Any) -> int:
    """Print what the tasks of a run printed."""
    client = session.client
    whole_id, wanted = client.find(run_id), {**query, "text": grep}
    if file is not None:
        if follow:
            raise click.UsageError("--download and --follow exclude each other")
        return _download(session, whole_id, file, wanted)
    try:
        for line in client.logs(whole_id, follow=follow, **wanted):
            if session.as_json:
                session.print_json(line)
            else:
                click.echo(text.log_lines(line, session.on_terminal))
    except KeyboardInterrupt:
        return INTERRUPTED
    return SUCCESS


def _download(session: Session, run_id: str, file: Path, wanted: Mapping[str, Any]) -> int:
    """Write the log beside the file and rename it: what stands there is whole."""
    pieces = session.client.download(run_id, "jsonl" if file.suffix == ".jsonl" else "txt", **wanted)
    beside = file.with_name(f".{file.name}.part")
    size = 0
    try:
        with beside.open("wb") as part:
            for piece in pieces:
                size += part.write(piece)
        beside.replace(file)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from error
    finally:
        beside.unlink(missing_ok=True)
    if session.as_json:
        session.print_json({"file": str(file), "bytes": size})
    elif session.on_terminal:
        click.echo(f"{size} bytes in {file}")
    return SUCCESS
