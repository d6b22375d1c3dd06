"""On a terminal: a progress bar with the tasks that run, and the run's output scrolling above it."""

from __future__ import annotations

import threading
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from trigger_service.cli.text import LEVEL_COLOURS, clean, clock
from trigger_service.client import ApiError, Client, RunHandle, ServiceUnreachable
from trigger_service.domain.logs import LUIGI_STREAMS

#: Seconds between two looks at the progress of the run.
LOOK_S = 0.25
#: How many running tasks are named.
NAMED = 3


def follow_live(handle: RunHandle, timeout_s: float | None) -> dict[str, Any]:
    """Show the run until it has ended, and give it; raises WaitedTooLong."""
    console = Console(highlight=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[running]}", style="dim", markup=False),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("queued", total=None, running="")
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(handle, progress, bar, ended), daemon=True)
        watcher.start()
        try:
            for line in handle.client.logs(handle.id, follow=True, timeout_s=timeout_s):
                if not _is_chatter(line):
                    console.print(_line(line), soft_wrap=True)
            run = handle.wait(timeout_s)
        finally:
            ended.set()
            watcher.join(5)
        _show(progress, bar, run, "")
    return run


def _watch(handle: RunHandle, progress: Progress, bar: TaskID, ended: threading.Event) -> None:
    # a client of its own: one is not for several threads
    client = Client(handle.client.url, handle.client.token, handle.client.name)
    while not ended.wait(LOOK_S):
        try:
            run = client.get(handle.id)
            running = [task["family"] for task in client.tasks(handle.id, ["running"])]
        except (ServiceUnreachable, ApiError):
            continue  # the bar stands still while the service is away; the log stream tells
        more = f" and {len(running) - NAMED} more" if len(running) > NAMED else ""
        _show(progress, bar, run, ", ".join(running[:NAMED]) + more)


def _show(progress: Progress, bar: TaskID, run: dict[str, Any], running: str) -> None:
    counts = run["progress"]
    state = f"{run['state']}, {counts['failed']} failed" if counts["failed"] else run["state"]
    running = running or (run["reason"] if run["state"] == "queued" else "")
    progress.update(bar, description=state, total=counts["total"] or None, completed=counts["done"], running=running)


def _is_chatter(line: dict[str, Any]) -> bool:
    """Whether Luigi tells of its bookkeeping, which the bar shows better; `logs` has every line."""
    return line["task"] is None and line["stream"] in LUIGI_STREAMS and line["level"] in ("DEBUG", "INFO")


def _line(line: dict[str, Any]) -> Text:
    colour = LEVEL_COLOURS.get(line["level"], "")
    family = clean((line["task"] or "luigi").split("_", 1)[0])
    shown = "\n".join(clean(text) for text in line["text"].split("\n"))
    return Text.assemble((f"{clock(line['time'])} {family} ", "bright_black"), (shown, colour))
