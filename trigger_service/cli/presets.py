"""The commands `presets list|show|save|remove`."""

from __future__ import annotations

from typing import Any

import click

from trigger_service.cli.failures import SUCCESS
from trigger_service.cli.named import listed, told
from trigger_service.cli.parameters import PipelineName, parse_parameters, takes_parameters
from trigger_service.cli.session import Session, talks_to_service


@click.group()
def presets() -> None:
    """Keep parameters of a pipeline under a name."""


@presets.command("list")
@click.argument("pipeline", required=False, type=PipelineName())
@talks_to_service
def list_presets(session: Session, pipeline: str | None) -> int:
    """List the presets, or those of a pipeline."""

    def row(each: Any) -> tuple[Any, ...]:
        return each["pipeline"], each["name"], each["parameters"], each["description"]

    found = session.client.presets.list(pipeline=pipeline)
    return listed(session, found, ("PIPELINE", "PRESET", "PARAMETERS", "WHAT FOR"), row)


@presets.command()
@click.argument("pipeline", type=PipelineName())
@click.argument("name")
@talks_to_service
def show(session: Session, pipeline: str, name: str) -> int:
    """Show a preset."""
    return told(session, session.client.presets.get(pipeline, name))


@presets.command()
@click.argument("pipeline", type=PipelineName())
@click.argument("name")
@takes_parameters
@click.option("--description", default="", help="What it is for.")
@talks_to_service
def save(session: Session, pipeline: str, name: str, given: tuple[str, ...], description: str) -> int:
    """Make the preset NAME of PIPELINE, or change the one of this name: for runs from now on."""
    body = {"parameters": parse_parameters(given), "description": description}
    return told(session, session.client.presets.save(pipeline, name, body=body))


@presets.command()
@click.argument("pipeline", type=PipelineName())
@click.argument("name")
@talks_to_service
def remove(session: Session, pipeline: str, name: str) -> int:
    """Remove a preset. What names it is refused from now on."""
    session.client.presets.remove(pipeline, name)
    if session.as_json:
        session.print_json({"pipeline": pipeline, "name": name})
    return SUCCESS
