"""The command `plan`: what a run would do now, without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from trigger_service.cli import text
from trigger_service.cli.failures import CONFLICT, RUN_FAILED, SUCCESS
from trigger_service.cli.parameters import PipelineName, parse_parameters, takes_parameters, takes_place
from trigger_service.cli.session import Session, talks_to_service
from trigger_service.domain.plan import STATES

#: The most tasks that the service lists.
MOST = 20_000


@click.command()
@click.argument("name", metavar="NAME", type=PipelineName())
@takes_parameters
@takes_place
@click.option("--module", help="The module that has it, where several have a pipeline of this name.")
@click.option("--workers", type=int, help="How many tasks may run at a time, for the expected duration.")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="List only these (repeat it).")
@click.option("--limit", type=click.IntRange(0, MOST), default=MOST, help="List the first so many tasks.")
@click.option("--all", "everything", is_flag=True, help="On a terminal: every task on a line of its own.")
@talks_to_service
def plan(
    session: Session,
    *,
    name: str,
    given: tuple[str, ...],
    states: tuple[str, ...],
    limit: int,
    everything: bool,
    **options: Any,
) -> int:
    """Show what a run of the pipeline NAME would do now, and why.

    Exit code 1 where something would keep it from succeeding, 5 where the plan is not whole.
    """
    asked = {key: value for key, value in options.items() if value is not None}
    parameters = parse_parameters(given)
    if session.on_terminal:
        from trigger_service.cli.plan_tree import Waiting, show  # noqa: PLC0415 (rich is slow to import)

        with Waiting(name):
            document = session.client.plan(name, parameters, states=states, limit=limit, **asked)
        show(document, everything or bool(states))
    else:
        document = session.client.plan(name, parameters, states=states, limit=limit, **asked)
        _print(session, document)
    return outcome(document)


def outcome(plan: Mapping[str, Any]) -> int:
    """The exit code that tells what the plan says."""
    if plan["cut"]:
        return CONFLICT
    return RUN_FAILED if plan["refusal"] or plan["counts"]["blocked"] or plan["counts"]["error"] else SUCCESS


def summary(plan: Mapping[str, Any]) -> str:
    """The plan in one line: how many tasks of which state, and how long it would take."""
    words = [f"{count} {word(state)}" for state, count in plan["counts"].items() if count]
    return f"{plan['pipeline']}: {', '.join(words) or 'nothing is known'}; {expected(plan['expected'])}"


def word(state: str) -> str:
    """A state as it is read."""
    return state.replace("_", " ")


def expected(expectation: Mapping[str, Any]) -> str:
    """How long it would take, and what that is taken from."""
    basis, span, without = expectation["basis"], expectation["span"], expectation["without_history"]
    if basis == "nothing to run":
        return "nothing to run"
    if basis == "no history":
        return "expected duration: no history"
    told = f"{duration(span['seconds'])} ({duration(span['low'])} to {duration(span['high'])})"
    if basis == "runs":
        return f"expected {told}, as the last {span['samples']} runs took"
    lacking = f", without {', '.join(without[:3])}{', ...' if len(without) > 3 else ''} (no history)" if without else ""
    return f"expected {'at least ' if without else ''}{told}{lacking}"


def duration(seconds: float) -> str:
    """A duration, as exactly as it is of interest."""
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def remarks(plan: Mapping[str, Any]) -> list[str]:
    """What has to be known beside the tasks: that it is not whole, that Luigi would refuse it."""
    lines = []
    if plan["cut"]:
        lines.append(f"This plan is not whole: {plan['cut']}.")
    if plan["refusal"]:
        lines.append(f"Luigi would refuse the whole run: {fault(plan['refusal'])}")
    return [text.clean(line) for line in lines]


def fault(error: Mapping[str, Any]) -> str:
    """What a task raised, and where."""
    place = f" at {error['file']}:{error['line']}" if error["file"] else ""
    return f"{error['task_id'] or 'the root'}.{error['method']}(){place}: {error['type']}: {error['message']}"


def _print(session: Session, plan: Mapping[str, Any]) -> None:
    """JSON, or a line of tab-separated cells for each task; what is for people goes to stderr."""
    if session.as_json:
        session.print_json(plan)
        return
    click.echo(text.clean(summary(plan)), err=True)
    for line in remarks(plan):
        click.echo(line, err=True)
    entries = [
        (task["state"], task["task_id"], task["why"], task["run_id"], " ".join(task["blocked_by"]), *task["outputs"])
        for task in plan["tasks"]
    ]
    text.rows(("STATE", "TASK", "WHY", "RUN", "BLOCKED BY", "OUTPUTS"), entries, on_terminal=False)
