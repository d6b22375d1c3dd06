"""The command `pipelines`: what there is to trigger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from trigger_service.cli import text
from trigger_service.cli.failures import SUCCESS
from trigger_service.cli.parameters import PipelineName, takes_place
from trigger_service.cli.session import Session, talks_to_service


@click.command()
@click.argument("name", metavar="[NAME]", type=PipelineName(), required=False)
@click.option("--module", help="The module that has NAME, where several have a pipeline of this name.")
@takes_place
@talks_to_service
def pipelines(session: Session, name: str | None, module: str | None, **place: str | None) -> int:
    """List the pipelines, or show one with its parameters."""
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
    if session.on_terminal and not entries:
        click.echo("There are no pipelines: name their modules in luigi.cfg. `luigi-trigger doctor` tells more.")
        return SUCCESS
    text.rows(("PIPELINE", "MODULE", "LOCATION", "WHAT IT IS", "START"), entries, session.on_terminal)
    for broken in document["broken"]:
        click.echo(text.clean(f"module {broken['module']}: {broken['reason']}"), err=True)
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
        click.secho(text.clean(document["family"]), bold=True)
        doc = "\n".join(text.clean(line) for line in document["doc"].strip().split("\n"))
        click.echo(f"{doc}\n" if doc else "")
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
    text.rows(("PARAMETER", "TYPE", "DEFAULT", "EXPECTS", "DESCRIPTION"), entries, session.on_terminal)
    return SUCCESS


def _default(parameter: Mapping[str, Any]) -> str:
    """What holds where nothing is given; the default of a private parameter is not told."""
    if parameter["required"]:
        return "required"
    schema = parameter["schema"]
    return f"default {json.dumps(schema['default'], ensure_ascii=False)}" if "default" in schema else "has a default"
