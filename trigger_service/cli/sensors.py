"""What the groups `hooks`, `watches` and `upstreams` share: each is that of the sensors of one kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

from trigger_service.cli.named import add_pauses, add_remove, add_show, listed, told
from trigger_service.cli.parameters import request_of, takes_request
from trigger_service.cli.session import Session, talks_to_service


def add_verbs(group: click.Group, kind: str, waits_for: Callable[[Mapping[str, Any]], str]) -> None:
    """Add all commands but `save`; `waits_for` says in a word or two what a source waits for."""

    def of(session: Session) -> Any:
        return session.client.sensors

    @group.command("list", help="List them, by name.")
    @talks_to_service
    def list_sensors(session: Session) -> int:
        def row(each: Any) -> tuple[Any, ...]:
            state = "paused" if each["paused"] else ""
            return each["name"], each["request"]["pipeline"], waits_for(each["source"]), state

        found = of(session).list(kind=kind)
        return listed(session, found, ("NAME", "PIPELINE", "WAITS FOR", ""), row)

    @group.command(help="List what was delivered and what became of it, newest first.")
    @click.argument("name")
    @click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="The newest so many.")
    @talks_to_service
    def deliveries(session: Session, name: str, limit: int) -> int:
        def row(each: Any) -> tuple[Any, ...]:
            return each["recorded_at"], each["state"], each["run_id"], each["key"], each["reason"]

        found = of(session).part(name, what="deliveries", limit=limit)
        return listed(session, found, ("WHEN", "STATE", "RUN", "KEY", "WHY"), row)

    @group.command(
        "try",
        short_help="Show what a delivery would lead to.",
        help="Show what a document (JSON; - is stdin) would lead to; nothing is started.",
    )
    @click.argument("name")
    @click.argument("document", type=click.File())
    @talks_to_service
    def try_document(session: Session, name: str, document: Any) -> int:
        body = {"document": _json(document.read(), "DOCUMENT")}
        return told(session, of(session).ask(name, what="trials", body=body))

    add_show(group, "sensor", of)
    add_pauses(group, "sensor", of)
    add_remove(group, "sensor", of)


def takes_sensor(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that all sensors have; `sensor_of` makes the body of them."""
    mapped = click.option(
        "--map",
        "mapped",
        multiple=True,
        metavar="NAME=POINTER",
        help="A parameter from what is delivered: a JSON pointer, or a text with pointers in braces; NAME:=JSON for "
        "a default or a constant (repeat it).",
    )
    filtered = click.option("--filter", "condition", metavar="JSON", help="Which deliveries start a run.")
    return takes_request(mapped(filtered(command)))


def sensor_of(source: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The body that saves a sensor, of its source and what `takes_sensor` was given."""
    rest = dict(given)
    mapped, condition = rest.pop("mapped"), rest.pop("condition")
    body = {**request_of(rest.pop("given"), rest.pop("label"), rest), "source": dict(source)}
    if mapped:
        body["mapping"] = _mapping(mapped)
    if condition is not None:
        body["filter"] = _json(condition, "--filter")
    return body


def _mapping(mapped: Iterable[str]) -> dict[str, Any]:
    found = {}
    for each in mapped:
        name, separator, value = each.partition("=")
        if not separator or not name.rstrip(":"):
            raise click.BadParameter(f"expected NAME=POINTER or NAME:=JSON, not {each!r}")
        found[name.removesuffix(":")] = _json(value, f"--map {name}") if name.endswith(":") else value
    return found


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"{what} is not JSON: {error}") from error
