"""The commands `backfill start|list|show|parts|pause|resume|resize|cancel|retry`."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from trigger_service.cli import calendar_grid, text
from trigger_service.cli.failures import CONFLICT, INTERRUPTED, RUN_FAILED, SUCCESS
from trigger_service.cli.named import changed, listed, told
from trigger_service.cli.parameters import PipelineName, request_of, takes_request
from trigger_service.cli.session import Session, talks_to_service
from trigger_service.domain.backfills import MOST_PARALLEL, PART_STATES
from trigger_service.domain.errors import BackfillNotFound
from trigger_service.domain.ids import is_run_id

#: Seconds between two looks of `--wait`.
LOOK_S = 0.5
#: Seconds for which `--wait` bears that the service is away: it is being started again.
PATIENCE_S = 30.0
#: Backfills that are looked through for a shortened id.
_NEWEST = 500
_HEADS = ("BACKFILL", "PIPELINE", "STATE", "DONE", "LIVE", "UNDONE", "EXPECTED END")
_COLOURS = {"■": "green", "·": "bright_black", "?": "yellow"}


@click.group()
def backfill() -> None:
    """Run a pipeline for a range of dates, where it is missing."""


@backfill.command(short_help="See what is missing, and run it.")
@click.argument("pipeline", type=PipelineName())
@click.option("--parameter", required=True, metavar="NAME", help="The parameter that has a value for each run.")
@click.option("--from", "start", metavar="VALUE", help="The first value: 2013-01-01.")
@click.option("--to", "stop", metavar="VALUE", help="The last one, included (the newest period that is over).")
@click.option("--last", type=int, metavar="N", help="Instead of --from: the last so many.")
@click.option("--step", type=int, metavar="N", help="Every so many of the values that there are.")
@click.option("--value", "values", multiple=True, metavar="VALUE", help="Instead of a range: this one (repeat it).")
@takes_request
@click.option("--newest-first", is_flag=True, help="Begin with the last value.")
@click.option("--parallel", type=click.IntRange(1, MOST_PARALLEL), help="How many runs may be live at a time (1).")
@click.option("--idempotency-key", metavar="KEY", help="The same key asks for the same backfill, however often sent.")
@click.option("--dry-run", is_flag=True, help="Only show for which values it is complete.")
@click.option("--wait", is_flag=True, help="Wait for the end, and show how far it is.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Stop waiting after so long (exit code 5); it goes on.")
@talks_to_service
def start(
    session: Session,
    *,
    pipeline: str,
    parameter: str,
    given: tuple[str, ...],
    label: tuple[str, ...],
    newest_first: bool,
    parallel: int | None,
    idempotency_key: str | None,
    dry_run: bool,
    wait: bool,
    timeout: float | None,
    **options: Any,
) -> int:
    """Ask the targets of PIPELINE for which values of a parameter it is complete, and run it for the others.

    Prints the id of the backfill or, with --wait, how it ended: exit code 0 where every value is complete, otherwise 1.
    """
    wanted = _wanted({name: options.pop(name) for name in ("start", "stop", "last", "step")}, options.pop("values"))
    body = {**request_of(given, label, options), **wanted}
    if dry_run:
        return _calendar(session, session.client.backfills.calendar(pipeline, parameter, **body))
    pace = {"order": "newest"} if newest_first else {}
    more: dict[str, Any] = {} if parallel is None else {"parallel": parallel}
    more |= {"idempotency_key": idempotency_key}
    made = session.client.backfills.make(pipeline, parameter, **body, **pace, **more)
    if wait:
        return _waited(session, made, timeout)
    if session.as_json:
        session.print_json(made)
    elif session.on_terminal:
        click.echo(f"Backfill {made['id']} is {made['state']}: {_done(made)} values are complete.")
        click.echo(f"See how far it is with: luigi-trigger backfill show {made['id']}")
    else:
        click.echo(made["id"])
    return SUCCESS


@backfill.command("list")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="The newest so many.")
@talks_to_service
def list_backfills(session: Session, limit: int) -> int:
    """List the backfills, newest first."""
    return listed(session, session.client.backfills.list(limit=limit), _HEADS, _row)


@backfill.command()
@click.argument("backfill_id", metavar="ID")
@talks_to_service
def show(session: Session, backfill_id: str) -> int:
    """Show a backfill, and how far it is."""
    document = session.client.backfills.get(_whole(session, backfill_id))
    counts = {} if session.as_json else document.pop("counts")
    return told(session, {**document, **counts})


@backfill.command()
@click.argument("backfill_id", metavar="ID")
@click.option("--state", "states", multiple=True, type=click.Choice(PART_STATES), help="Only these (repeat it).")
@talks_to_service
def parts(session: Session, backfill_id: str, states: tuple[str, ...]) -> int:
    """List what has become of each value."""

    def row(each: Any) -> tuple[Any, ...]:
        return each["value"], each["state"], each["run_id"], each["tries"], each["reason"]

    found = list(session.client.backfills.parts(_whole(session, backfill_id), states))
    return listed(session, {"items": found}, ("VALUE", "STATE", "RUN", "TRIES", "WHY"), row)


@backfill.command()
@click.argument("backfill_id", metavar="ID")
@talks_to_service
def pause(session: Session, backfill_id: str) -> int:
    """Start no more of its runs; those that are live go on."""
    return _changed(session, session.client.backfills.change(_whole(session, backfill_id), paused=True))


@backfill.command()
@click.argument("backfill_id", metavar="ID")
@talks_to_service
def resume(session: Session, backfill_id: str) -> int:
    """Go on with a backfill that was paused."""
    return _changed(session, session.client.backfills.change(_whole(session, backfill_id), paused=False))


@backfill.command()
@click.argument("backfill_id", metavar="ID")
@click.argument("parallel", type=click.IntRange(1, MOST_PARALLEL))
@talks_to_service
def resize(session: Session, backfill_id: str, parallel: int) -> int:
    """Set how many of its runs may be live, from now on; fewer end no run."""
    return _changed(session, session.client.backfills.change(_whole(session, backfill_id), parallel=parallel))


@backfill.command()
@click.argument("backfill_id", metavar="ID")
@talks_to_service
def cancel(session: Session, backfill_id: str) -> int:
    """Cancel a backfill as one: what waits, and its live runs."""
    return _changed(session, session.client.backfills.cancel(_whole(session, backfill_id)))


@backfill.command()
@click.argument("backfill_id", metavar="ID")
@talks_to_service
def retry(session: Session, backfill_id: str) -> int:
    """Begin again with what failed, was skipped or cancelled, and with nothing else."""
    return _changed(session, session.client.backfills.retry(_whole(session, backfill_id)))


def _wanted(bounds: dict[str, Any], values: tuple[str, ...]) -> dict[str, Any]:
    """The member `range` or `values` of a request."""
    given = {name: value for name, value in bounds.items() if value is not None}
    if bool(given) == bool(values):
        raise click.UsageError("say which values: --from (and --to), --last, or --value")
    return {"values": list(values)} if values else {"range": given}


def _calendar(session: Session, document: dict[str, Any]) -> int:
    """Print a calendar: as JSON, as a grid, or a row for each value; exit code 5 where it is not whole."""
    grid = calendar_grid.lines(document["items"]) if session.on_terminal else None
    if grid is None:
        listed(session, document, ("VALUE", "", "WHY"), lambda each: (each["value"], each["status"], each["reason"]))
    else:
        for head, marks in grid:
            click.echo(f"{head}  " + "".join(click.style(mark, fg=_COLOURS.get(mark)) for mark in marks))
    told_of = ", ".join(f"{number} {status}" for status, number in document["counts"].items() if number)
    if not session.as_json:
        click.echo(f"{document['pipeline']}: {told_of} ({_legend()})" if grid else told_of, err=True)
        if document["cut"]:
            click.echo(f"This calendar is not whole: {text.clean(document['cut'])}.", err=True)
    return CONFLICT if document["cut"] else SUCCESS


def _legend() -> str:
    return ", ".join(f"{mark} {status}" for status, mark in calendar_grid.MARKS.items())


def _waited(session: Session, made: dict[str, Any], timeout: float | None) -> int:
    """Stay until nothing waits and nothing is live, or it is paused by somebody."""
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        while made["state"] == "running" or made["counts"]["started"]:
            if deadline is not None and time.monotonic() > deadline:
                click.echo(f"The time to wait is over; backfill {made['id']} goes on.", err=True)
                return CONFLICT
            _progress(session, made, "\r")
            time.sleep(LOOK_S)
            made = _now(session, made)
    except KeyboardInterrupt:
        click.echo(f"\nThe backfill goes on. Cancel it with: luigi-trigger backfill cancel {made['id']}", err=True)
        return INTERRUPTED
    _progress(session, made, "\n")
    if session.as_json:
        session.print_json(made)
    elif not session.on_terminal:
        click.echo(f"{made['id']}\t{made['state']}\t{_done(made)}")
    counts = made["counts"]
    return SUCCESS if counts["complete"] + counts["succeeded"] == made["total"] else RUN_FAILED


def _now(session: Session, shown: dict[str, Any]) -> dict[str, Any]:
    """How far it is now; it goes on while the service is away for a moment."""
    from trigger_service.transport import ServiceUnreachable  # noqa: PLC0415 (is slow to import)

    given_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            return session.client.backfills.get(shown["id"])
        except ServiceUnreachable:
            if time.monotonic() > given_up:
                raise
            time.sleep(LOOK_S)


def _progress(session: Session, shown: dict[str, Any], end: str) -> None:
    """One line, written over again."""
    if not session.on_terminal:
        return
    end_at = f", expected end {text.moment(shown['expected_end'])}" if shown["expected_end"] else ""
    live, undone = shown["counts"]["started"], _undone(shown)
    line = f"{shown['state']}: {_done(shown)} complete, {live} live, {undone} failed, skipped or cancelled{end_at}"
    click.echo(f"\r\x1b[K{line}" + ("" if end == "\r" else end), nl=False)
    sys.stdout.flush()


def _changed(session: Session, document: dict[str, Any]) -> int:
    return changed(session, document, _HEADS, _row(document))


def _row(each: dict[str, Any]) -> tuple[Any, ...]:
    live = f"{each['counts']['started']} of {each['parallel']}"
    return each["id"], each["pipeline"], each["state"], _done(each), live, _undone(each), each["expected_end"]


def _done(shown: dict[str, Any]) -> str:
    return f"{shown['counts']['complete'] + shown['counts']['succeeded']} of {shown['total']}"


def _undone(shown: dict[str, Any]) -> int:
    return sum(shown["counts"][state] for state in ("failed", "cancelled", "skipped"))


def _whole(session: Session, begun: str) -> str:
    """The id of the one backfill whose id begins so; raises BackfillNotFound, UsageError for several."""
    if is_run_id(begun):
        return begun
    newest = session.client.backfills.list(limit=_NEWEST)["items"]
    found = [each["id"] for each in newest if each["id"].startswith(begun.lower())]
    if not found:
        raise BackfillNotFound(backfill_id=begun)
    if len(found) > 1:
        raise click.UsageError(f"several backfills start with {begun!r}, for instance {found[0]} and {found[1]}")
    return str(found[0])
