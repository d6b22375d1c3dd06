"""The command `retry`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from trigger_service.cli.consequences import agreed, progress, shown
from trigger_service.cli.failures import CONFLICT
from trigger_service.cli.parameters import RunId
from trigger_service.cli.session import Session, talks_to_service
from trigger_service.cli.stay import Stay, takes_stay
from trigger_service.domain.errors import TaskNotFound

if TYPE_CHECKING:
    from trigger_service.client import RunHandle

#: Seconds between two looks at how far the moves are.
_LOOK_S = 0.5


@click.command(short_help="Run again what a run asked for.")
@click.argument("run_id", metavar="ID", type=RunId())
@click.option("--from", "task", metavar="TASK", help="Build this task again, and what requires it: its id, or family.")
@click.option("--everything", is_flag=True, help="Build everything again that the run has built or found complete.")
@click.option("--note", default="", metavar="TEXT", help="Why, for the record.")
@click.option("--dry-run", is_flag=True, help="With --from or --everything: only show what would be moved.")
@click.option("--even-if-running", is_flag=True, help="Although live runs build or read some of the targets.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@takes_stay
@talks_to_service
def retry(
    session: Session,
    *,
    run_id: str,
    task: str | None,
    everything: bool,
    wait: bool,
    follow: bool,
    web: bool,
    timeout: float | None,
    **options: Any,
) -> int:
    """Run again what a run asked for.

    It is a run of its own; what is complete is not done again. With --from or --everything, those targets are shown,
    and moved into the trash first: luigi-trigger targets undo puts them back. With --wait or --follow, exit
    code 0 where it succeeded, otherwise 1.
    """
    stay = Stay(wait, follow, web, timeout)
    if everything and task is not None:
        raise click.UsageError("--from and --everything exclude each other")
    whole = session.client.find(run_id)
    if not everything and task is None:
        return _stayed(session, stay, session.client.retry(whole))
    from_task = _task(session, whole, task) if task is not None else None
    plan = session.client.operations.consequences(run=whole, from_task=from_task)
    if options["dry_run"]:
        return shown(session, plan)
    if not agreed(session, plan, options["yes"], options["even_if_running"]):
        return CONFLICT
    more = {name: options[name] for name in ("note", "even_if_running")}
    with _watched(session, whole):
        handle = session.client.retry(whole, from_task=from_task, everything=everything, **more)
    return _stayed(session, stay, handle)


def _stayed(session: Session, stay: Stay, handle: RunHandle) -> int:
    return stay.with_run(session, handle, f"Run {handle.id} retries it.")


def _task(session: Session, run_id: str, name: str) -> str:
    """The id of the task that is meant; raises TaskNotFound, or click's error where several are."""
    ids = {each["task_id"]: each["family"] for each in session.client.tasks(run_id)}
    if name in ids:
        return name
    found = [task_id for task_id, family in ids.items() if family == name]
    found = found or [task_id for task_id in ids if task_id.startswith(name)]
    if not found:
        raise TaskNotFound(run_id=run_id, task_id=name)
    if len(found) > 1:
        raise click.BadParameter(f"{name!r} is what {len(found)} tasks of the run are called, such as {found[0]}")
    return str(found[0])


@contextmanager
def _watched(session: Session, run_id: str) -> Iterator[None]:
    """Shows how far the moves of a retry are, on a connection of its own: the request of the retry waits for them."""
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=[session, run_id, over], daemon=True)
    if session.on_terminal:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if session.on_terminal:
            thread.join()


def _watch(session: Session, run_id: str, over: threading.Event) -> None:
    from trigger_service.client import Client  # noqa: PLC0415 (is slow to import)

    ours = session.client
    with Client(ours.url, ours.token, ours.name) as client, progress(session, "moving") as told:
        while not over.wait(_LOOK_S):
            with suppress(Exception):  # it is only for the eye
                for operation in client.operations.list(run=run_id, state=["moving"])["items"]:
                    told(operation)
