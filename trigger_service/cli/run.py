"""The command `run`: ask for a run and, where wanted, stay with it until it has ended."""

from __future__ import annotations

from typing import Any

import click

from trigger_service.cli.parameters import PipelineName, parse_labels, parse_parameters, takes_parameters, takes_place
from trigger_service.cli.session import Session, talks_to_service
from trigger_service.cli.stay import Stay, takes_stay


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
@takes_stay
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
    stay = Stay(wait, follow, web, timeout)
    asked = {key: value for key, value in options.items() if value not in (None, ())}
    if label:
        asked["labels"] = parse_labels(label)
    handle = session.client.run(name, parse_parameters(given), idempotency_key=idempotency_key, **asked)
    state = handle.document["state"]
    return stay.with_run(
        session, handle, f"Run {handle.id} is {state}. Follow it with: luigi-trigger logs -f {handle.id}"
    )
