"""Documents as text: plain and parseable for a pipe, a little help for the eye on a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
#: Controls but the tab; what turns the direction of text or has no width; half pairs, which no terminal can be sent.
_UNSEEN = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
STATE_COLOURS = {
    "succeeded": "green",
    "failed": "red",
    "cancelled": "yellow",
    "running": "cyan",
    "cancelling": "yellow",
}
LEVEL_COLOURS = {"DEBUG": "bright_black", "WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}


def clean(text: str) -> str:
    """Output of a task without what could steer a terminal: escape sequences go, what else nobody sees is shown."""
    return plain(_ANSI.sub("", text))


def plain(text: str) -> str:
    """A line with `\\x07` or `\\u202e` in the place of each character that nobody sees, of escape sequences too."""
    return _UNSEEN.sub(lambda found: _escaped(ord(found[0])), text)


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def cell(value: Any) -> str:
    """One value of a row: no tabs, no line breaks."""
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        value = json.dumps(value)
    return clean(str(value)).replace("\t", " ")


def rows(columns: Sequence[str], values: Iterable[Sequence[Any]], on_terminal: bool) -> None:
    """A table: aligned under its heads on a terminal, lines of tab-separated cells without heads otherwise."""
    lines = [[cell(value) for value in line] for line in values]
    if not on_terminal:
        for line in lines:
            click.echo("\t".join(line))
        return
    widths = [max([len(head), *(len(line[n]) for line in lines)]) for n, head in enumerate(columns)]
    click.secho("  ".join(head.ljust(width) for head, width in zip(columns, widths, strict=True)).rstrip(), bold=True)
    for line in lines:
        cells = [colour_state(text.ljust(width)) for text, width in zip(line, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def colour_state(text: str) -> str:
    """The text, coloured where it is the name of a state."""
    colour = STATE_COLOURS.get(text.strip())
    return click.style(text, fg=colour) if colour else text


def fields(document: Mapping[str, Any], on_terminal: bool) -> None:
    """One document as lines of name and value; what is not set is left out."""
    shown = {name: value for name, value in document.items() if value not in (None, "", [], {})}
    width = max((len(name) for name in shown), default=0)
    for name, value in shown.items():
        click.echo(f"{name.ljust(width)}  {colour_state(cell(value))}" if on_terminal else f"{name}\t{cell(value)}")


def log_lines(record: Mapping[str, Any], on_terminal: bool) -> str:
    """A record of output: time, level, task and text; tab-separated (with stream) for a pipe.

    A record of several lines (a logger's traceback) becomes several lines, each with the same head.
    """
    return "\n".join(_log_line({**record, "text": text}, on_terminal) for text in record["text"].split("\n"))


def _log_line(line: Mapping[str, Any], on_terminal: bool) -> str:
    text, task = clean(line["text"]), line["task"] or "-"
    if not on_terminal:
        return "\t".join((line["time"], line["level"], cell(line["stream"]), cell(task), text))
    head = click.style(f"{clock(line['time'])} {clean(task.split('_', 1)[0])}", fg="bright_black")
    return f"{head} {click.style(text, fg=LEVEL_COLOURS.get(line['level']))}"


def size(count: int | None, on_terminal: bool) -> str:
    """A number of bytes, for people in the largest unit that leaves a whole part; empty for None."""
    if count is None or not on_terminal:
        return "" if count is None else str(count)
    amount, units = float(count), iter(("bytes", "KiB", "MiB", "GiB", "TiB"))
    unit = next(units)
    while amount >= 1024 and unit != "TiB":
        amount, unit = amount / 1024, next(units)
    return f"{count} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"


def clock(time: str) -> str:
    """A time of the API as a clock on the wall shows it."""
    return datetime.fromisoformat(time).astimezone().strftime("%H:%M:%S")


def moment(time: str) -> str:
    """A time of the API in the time zone of whoever reads it, to the second."""
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def duration(run: Mapping[str, Any]) -> str:
    """How long a run took, in seconds; empty while it is not over."""
    if not run["started_at"] or not run["finished_at"]:
        return ""
    took = (datetime.fromisoformat(run["finished_at"]) - datetime.fromisoformat(run["started_at"])).total_seconds()
    return f"{took:.2f} s" if took < 1 else f"{took:.1f} s"


def summary(run: Mapping[str, Any]) -> str:
    """How a run ended, in one line and, where it failed, why."""
    progress, took = run["progress"], duration(run)
    parts = [f"run {run['id']} {run['state']}", f"{progress['done']}/{progress['total']} tasks done"]
    line = ", ".join([*parts, *([took] if took else [])])
    if run["error"]:
        return f"{line}\n{failure(run['error'])}"
    return f"{line}\n{run['reason']}" if run["reason"] and run["state"] != "succeeded" else line


def failure(error: Mapping[str, Any]) -> str:
    """Why a run failed, in a line or a few."""
    where = f" in {error['task_id']}" if error["task_id"] else ""
    return "\n".join(clean(line) for line in f"{error['type']}{where}: {error['message']}".split("\n"))


def traceback(error: Mapping[str, Any]) -> str:
    """The traceback of a failure, each line fit for a terminal; empty where there is none."""
    return "\n".join(clean(line) for line in (error["traceback"] or "").rstrip().split("\n"))
