"""The commands `watches ...`: pipelines that start when files arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from trigger_service.cli.named import listed, told
from trigger_service.cli.parameters import PipelineName
from trigger_service.cli.sensors import add_verbs, sensor_of, takes_sensor
from trigger_service.cli.session import Session, talks_to_service

#: The members of a source, by their options.
_SOURCE = ("inbox", "pattern", "settle_s", "changed", "existing", "batch_s", "poll_s", "ordered")


@click.group()
def watches() -> None:
    """Start pipelines when files arrive in a folder or in S3."""


@watches.command(short_help="Make such a sensor, or change the one of this name.")
@click.argument("name")
@click.argument("pipeline", type=PipelineName())
@click.option("--inbox", required=True, metavar="NAME", help="Where files arrive: [inbox:NAME] of luigi.cfg.")
@click.option("--pattern", required=True, metavar="REGEX", help="What a whole path looks like; groups are parameters.")
@click.option("--settle", "settle_s", type=float, metavar="SECONDS", help="Whole is what was not changed for so long.")
@click.option("--batch", "batch_s", type=float, metavar="SECONDS", help="Files of equal groups go together.")
@click.option("--poll", "poll_s", type=float, metavar="SECONDS", help="Look at least so often.")
@click.option("--changed", is_flag=True, default=None, help="Take a file again once it has changed.")
@click.option("--new-only", "existing", flag_value=False, default=None, help="Leave files that are there already.")
@click.option("--ordered", is_flag=True, default=None, help="S3: later names are always greater.")
@takes_sensor
@talks_to_service
def save(session: Session, *, name: str, **given: Any) -> int:
    """Start PIPELINE whenever a file arrives; NAME is that of the sensor.

    The pattern's named groups are parameters: 'flights_(?P<month>\\d{4}-\\d{2})\\.csv'. Others come from what the file
    is: --map path=/url.
    """
    source = {key: value for key in _SOURCE if (value := given.pop(key)) is not None}
    return told(session, session.client.sensors.save(name, body=sensor_of({"kind": "file", **source}, given)))


@watches.command()
@click.argument("name")
@click.option("--state", type=click.Choice(["new", "taken", "existing"]), help="Only of this state.")
@click.option("--after", default="", metavar="PATH", help="Only after this path, the last of a page before.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="At most so many.")
@talks_to_service
def files(session: Session, name: str, state: str | None, after: str, limit: int) -> int:
    """List the files that a sensor knows, by path."""
    query = {"limit": limit, **({"state": state} if state else {}), **({"after": after} if after else {})}
    found = session.client.sensors.part(name, what="files", **query)
    heads = ("PATH", "STATE", "SIZE", "MODIFIED")
    return listed(session, found, heads, lambda each: (each["path"], each["state"], each["size"], each["modified"]))


@watches.command()
@talks_to_service
def inboxes(session: Session) -> int:
    """List the inboxes that luigi.cfg names, and what is wrong with each."""
    found = session.client.inboxes.list()
    heads = ("INBOX", "KIND", "SENSORS", "TROUBLE")
    return listed(
        session, found, heads, lambda each: (each["name"], each["kind"], " ".join(each["sensors"]), each["trouble"])
    )


def _waits_for(source: Mapping[str, Any]) -> str:
    return f"{source['inbox']}/{source['pattern']}"


add_verbs(watches, "file", _waits_for)
