"""The commands `upstreams ...`: pipelines that start when others have succeeded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from trigger_service.cli.named import told
from trigger_service.cli.parameters import PipelineName
from trigger_service.cli.sensors import add_verbs, sensor_of, takes_sensor
from trigger_service.cli.session import Session, talks_to_service


@click.group()
def upstreams() -> None:
    """Start pipelines when others have succeeded."""


@upstreams.command(short_help="Make such a sensor, or change the one of this name.")
@click.argument("name")
@click.argument("pipeline", type=PipelineName())
@click.option("--after", multiple=True, required=True, type=PipelineName(), help="The one that succeeds (repeat it).")
@click.option(
    "--after-env", metavar="NAME", help="The environment of the runs that count, where it is not the default."
)
@click.option(
    "--match",
    multiple=True,
    metavar="PIPELINE=POINTER",
    help="Of several: what has to be the same in their runs, as *=/parameters/date (repeat it).",
)
@takes_sensor
@talks_to_service
def save(
    session: Session, *, name: str, after: tuple[str, ...], after_env: str | None, match: tuple[str, ...], **given: Any
) -> int:
    """Start PIPELINE whenever those that --after names have succeeded; NAME is that of the sensor.

    Parameters come from the run that has succeeded: --map day=/parameters/date.
    """
    source: dict[str, Any] = {"kind": "pipeline", "pipelines": list(after)}
    if after_env:
        source["environment"] = after_env
    if match:
        source["match"] = dict(_pair(each) for each in match)
    return told(session, session.client.sensors.save(name, body=sensor_of(source, given)))


def _pair(text: str) -> tuple[str, str]:
    name, separator, pointer = text.partition("=")
    if not separator:
        raise click.BadParameter(f"expected PIPELINE=POINTER, not {text!r}")
    return name, pointer


def _waits_for(source: Mapping[str, Any]) -> str:
    return " and ".join(source["pipelines"])


add_verbs(upstreams, "pipeline", _waits_for)
