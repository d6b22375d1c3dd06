"""The commands `up`, `pipelines`, `runs`, `logs`, `cancel`, `retry`, and the group they are in."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from trigger_service.cli import text
from trigger_service.cli.failures import INTERRUPTED, SUCCESS
from trigger_service.cli.parameters import RunId, takes_place
from trigger_service.cli.plan import plan
from trigger_service.cli.run import run
from trigger_service.cli.session import Session, talks_to_service


class Commands(click.Group):
    """Lists its commands in the order in which somebody comes to need them; a reader that leaves is no error."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; gives its exit code, 0 where the reader of its output (`| head`) has had enough."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # what is still in the buffer is flushed at exit, and must find somebody who takes it
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return SUCCESS

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, in the order in which they were added."""
        del ctx
        return list(self.commands)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--url", envvar="LUIGI_TRIGGER_URL", help="Address of the service (default: that of the current folder).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with stable fields.")
@click.pass_context
def root(context: click.Context, /, **_options: Any) -> None:
    """Trigger Luigi pipelines, follow them, stop them."""
    if os.environ.get("NO_COLOR"):
        context.color = False


@root.command()
def up() -> int:
    """Start the service, luigid and all they need, for the project in the current folder."""
    from trigger_service.supervisor import up as start  # noqa: PLC0415 (nothing else needs it)

    return start(interactive=sys.stdin.isatty() and sys.stdout.isatty())


@root.command()
@click.argument("name", required=False)
@click.option("--module", help="The module that has NAME, where several have a pipeline of this name.")
@takes_place
@talks_to_service
def pipelines(session: Session, name: str | None, module: str | None, **place: str | None) -> int:
    """List the pipelines, or show the one called NAME with its parameters."""
    if name is not None:
        return _pipeline(session, name, module, place)
    document = session.client.pipelines(**place)
    if session.as_json:
        session.print_json(document)
        return SUCCESS
    entries = [
        (item["family"], item["module"], item["location"], item["doc"].strip().split("\n")[0], _start(item))
        for item in document["items"]
    ]
    text.rows(("PIPELINE", "MODULE", "LOCATION", "WHAT IT IS", "START"), entries, session.on_terminal)
    for broken in document["broken"]:
        click.echo(f"module {broken['module']}: {broken['reason']}", err=True)
    return SUCCESS


def _start(pipeline: dict[str, Any]) -> str:
    """How a run of it would start: warm, cold, or not at all as long as its module is broken."""
    if pipeline["stale"]:
        return "stale"
    return "cold" if pipeline["cold"] else "warm"


def _pipeline(session: Session, name: str, module: str | None, place: Mapping[str, str | None]) -> int:
    document = session.client.pipeline(name, module, **place)
    if session.as_json:
        session.print_json(document)
        return SUCCESS
    if session.on_terminal:
        click.secho(document["family"], bold=True)
        click.echo(f"{document['doc'].strip()}\n" if document["doc"].strip() else "")
        shown = ("module", "location", "owner", "tags", "required_by", "cold", "remark", "stale")
        source = f"{document['file']}:{document['line']}" if document["line"] else document["file"]
        text.fields({**{name: document[name] for name in shown}, "source": source}, on_terminal=True)
        click.echo()
    entries = [
        (
            parameter["name"],
            parameter["type"],
            _default(parameter),
            parameter["expectation"],
            parameter["description"],
        )
        for parameter in document["parameters"]
    ]
    text.rows(("PARAMETER", "TYPE", "", "EXPECTS", "DESCRIPTION"), entries, session.on_terminal)
    return SUCCESS


def _default(parameter: Mapping[str, Any]) -> str:
    """What holds where nothing is given; the default of a private parameter is not told."""
    if parameter["required"]:
        return "required"
    schema = parameter["schema"]
    return f"default {json.dumps(schema['default'], ensure_ascii=False)}" if "default" in schema else "has a default"


root.add_command(plan)
root.add_command(run)


@root.command()
@click.argument("run_id", metavar="[ID]", type=RunId(), required=False)
@takes_place
@click.option("--state", multiple=True, help="Only these states (repeat it).")
@click.option("--pipeline", help="Only this pipeline.")
@click.option("--label", multiple=True, metavar="NAME=VALUE", help="Only with this label (repeat it).")
@click.option("--text", "wanted", help="Only where id, pipeline, parameters or reason have this text.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="The newest so many.")
@talks_to_service
def runs(
    session: Session,
    *,
    run_id: str | None,
    state: tuple[str, ...],
    pipeline: str | None,
    label: tuple[str, ...],
    wanted: str | None,
    limit: int,
    **place: str | None,
) -> int:
    """List runs, newest first, or show the one whose id starts with ID."""
    if run_id is not None:
        document = session.client.get(session.client.find(run_id))
        _show(session, document)
        return SUCCESS
    page = session.client.runs(state=state, pipeline=pipeline, label=label, text=wanted, limit=limit, **place)
    if session.as_json:
        session.print_json(page)
        return SUCCESS
    entries = [
        (
            item["id"],
            item["state"],
            item["pipeline"],
            f"{item['progress']['done']}/{item['progress']['total']}",
            item["created_at"],
            text.duration(item),
            f"{item['location']}/{item['environment']}",
        )
        for item in page["items"]
    ]
    text.rows(("ID", "STATE", "PIPELINE", "DONE", "CREATED", "TOOK", "PLACE"), entries, session.on_terminal)
    return SUCCESS


def _show(session: Session, run: dict[str, Any]) -> None:
    if session.as_json:
        session.print_json(run)
    elif session.on_terminal and run["error"]:
        text.fields({**run, "error": text.failure(run["error"])}, on_terminal=True)
        click.echo(text.traceback(run["error"]))
    else:
        text.fields(run, session.on_terminal)


@root.command()
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


@root.command()
@click.argument("run_id", metavar="ID", type=RunId())
@talks_to_service
def cancel(session: Session, run_id: str) -> int:
    """Cancel a run."""
    document = session.client.cancel(session.client.find(run_id))
    if session.as_json:
        session.print_json(document)
    else:
        text.rows(("ID", "STATE"), [(document["id"], document["state"])], session.on_terminal)
    return SUCCESS


@root.command()
@click.argument("run_id", metavar="ID", type=RunId())
@talks_to_service
def retry(session: Session, run_id: str) -> int:
    """Run again what this run asked for; what is complete is not done again."""
    handle = session.client.retry(session.client.find(run_id))
    if session.as_json:
        session.print_json(handle.document)
    else:
        click.echo(f"Run {handle.id} retries it." if session.on_terminal else handle.id)
    return SUCCESS
