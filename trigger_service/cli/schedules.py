"""The commands `schedules list|show|save|preview|fires|pause|resume|remove`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from trigger_service.cli.named import add_remove, add_show, changed, listed, told
from trigger_service.cli.parameters import PipelineName, request_of, takes_request
from trigger_service.cli.session import Session, talks_to_service

#: The members of a timing, by their options.
_TIMING = ("timezone", "start", "end", "jitter_s", "misfire", "misfire_limit", "grace_s", "overlap")


@click.group()
def schedules() -> None:
    """Make and see requests that are made again and again."""


def _takes_timing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say when: exactly one of `--cron`, `--every` and `--at`."""
    for option in reversed(
        (
            click.option("--cron", metavar="FIELDS", help='Five fields, as in "30 3 * * MON-FRI", or @daily.'),
            click.option("--every", metavar="SPAN", help="An interval: 15 minutes, 6 hours, 1 day."),
            click.option("--at", metavar="TIME", help="Once: 2026-03-29T08:00."),
            click.option("--timezone", metavar="ZONE", help="In which local times are meant: Europe/Berlin (UTC)."),
            click.option("--start", metavar="TIME", help="No fire is before it."),
            click.option("--end", metavar="TIME", help="No fire is after it."),
        )
    ):
        command = option(command)
    return command


def _timing(cron: str | None, every: str | None, at: str | None, **more: Any) -> dict[str, Any]:
    """The member `timing` of a request."""
    given = {"cron": cron, "interval": every, "once": at}
    named = [(kind, expression) for kind, expression in given.items() if expression is not None]
    if len(named) != 1:
        raise click.UsageError("say when, by one of --cron, --every and --at")
    kind, expression = named[0]
    return {"kind": kind, "expression": expression, **{key: more[key] for key in _TIMING if more.get(key) is not None}}


@schedules.command("list")
@talks_to_service
def list_schedules(session: Session) -> int:
    """List the schedules, by name."""

    def row(each: Any) -> tuple[Any, ...]:
        return each["name"], each["request"]["pipeline"], _when(each), _next(each)

    return listed(session, session.client.schedules.list(), ("SCHEDULE", "PIPELINE", "WHEN", "NEXT"), row)


@schedules.command(short_help="Make a schedule, or change the one of this name.")
@click.argument("name")
@click.argument("pipeline", type=PipelineName())
@takes_request
@_takes_timing
@click.option("--jitter", "jitter_s", type=float, metavar="SECONDS", help="Put fires off by up to so much.")
@click.option("--misfire", type=click.Choice(["skip", "once", "all"]), help="Of late fires make up for none, one, all.")
@click.option("--misfire-limit", type=int, metavar="N", help="How many `all` makes up for at most.")
@click.option("--grace", "grace_s", type=float, metavar="SECONDS", help="Late is what is later than this.")
@click.option(
    "--overlap", type=click.Choice(["allow", "queue", "skip", "replace"]), help="While a run of the schedule lives."
)
@talks_to_service
def save(session: Session, *, name: str, given: tuple[str, ...], label: tuple[str, ...], **options: Any) -> int:
    """Make the schedule NAME of PIPELINE, or change the one of this name; it goes on from now.

    Texts in parameters are templates of the fire time: -p 'month={{ fire_time - 1 day | month }}'.
    """
    timing = _timing(**{key: options.pop(key) for key in ("cron", "every", "at", *_TIMING)})
    body = {**request_of(given, label, options), "timing": timing}
    return told(session, session.client.schedules.save(name, body=body))


@schedules.command()
@_takes_timing
@click.option("--count", type=click.IntRange(1, 500), default=10, show_default=True, help="The next so many.")
@talks_to_service
def preview(session: Session, *, count: int, **when: str | None) -> int:
    """Show when such a schedule would fire, with what changes of the clocks do to it."""

    def row(each: Any) -> tuple[Any, ...]:
        return each["local"] + each["offset"], each["utc"], each["note"]

    return listed(session, session.client.preview(_timing(**when), count), ("LOCAL TIME", "UTC", ""), row)


@schedules.command()
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="The newest so many.")
@talks_to_service
def fires(session: Session, name: str, limit: int) -> int:
    """List what became of the fires of a schedule, newest first."""

    def row(each: Any) -> tuple[Any, ...]:
        return each["fire_time"], each["state"], each["run_id"], each["reason"]

    found = session.client.schedules.part(name, what="fires", limit=limit)
    return listed(session, found, ("FIRE", "STATE", "RUN", "WHY"), row)


@schedules.command()
@click.argument("name", required=False)
@click.option("--all", "every_one", is_flag=True, help="All schedules.")
@talks_to_service
def pause(session: Session, name: str | None, every_one: bool) -> int:
    """Pause a schedule, or all. What would have been a fire meanwhile is none."""
    return _paused(session, name, every_one, paused=True)


@schedules.command()
@click.argument("name", required=False)
@click.option("--all", "every_one", is_flag=True, help="All schedules.")
@talks_to_service
def resume(session: Session, name: str | None, every_one: bool) -> int:
    """Resume a schedule, or all, from now on."""
    return _paused(session, name, every_one, paused=False)


def _paused(session: Session, name: str | None, every_one: bool, *, paused: bool) -> int:
    if (name is None) != every_one:
        raise click.UsageError("name a schedule, or say --all")
    resource, heads = session.client.schedules, ("SCHEDULE", "NEXT")
    if name is not None:
        document = resource.change(name, paused=paused)
        return changed(session, document, heads, (document["name"], _next(document)))
    return listed(session, resource.change_all(paused=paused), heads, lambda each: (each["name"], _next(each)))


def _next(schedule: dict[str, Any]) -> str | None:
    when: str | None = schedule["next_fire"]
    return "paused" if schedule["paused"] else when


def _when(schedule: dict[str, Any]) -> str:
    timing = schedule["timing"]
    zone = "" if timing["timezone"] == "UTC" or timing["kind"] == "interval" else f" {timing['timezone']}"
    return f"{timing['expression']}{zone}"


add_show(schedules, "schedule", lambda session: session.client.schedules)
add_remove(schedules, "schedule", lambda session: session.client.schedules)
