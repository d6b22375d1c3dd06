"""Log lines: one JSON object per line of output, written by a run's pump and read by the API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Optional

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
#: Bytes of text in one record; a longer line goes on in further records.
LINE_LIMIT = 1 << 20
#: What Luigi itself logs to.
LUIGI_STREAMS = frozenset(("luigi", "luigi-interface", "luigi.scheduler"))


@dataclass(frozen=True)
class LogLine:
    """One line of output. `stream` is `stdout`, `stderr` or a logger's name; `task` is None outside of any task."""

    time: float
    level: str
    stream: str
    task: Optional[str]
    pid: Optional[int]
    text: str


def encode(line: LogLine) -> bytes:
    """The line as one record, newline included. Characters are escaped, so that no text can end a record."""
    record = {
        "time": round(line.time, 6),
        "level": line.level,
        "stream": line.stream,
        "task": line.task,
        "pid": line.pid,
        "text": line.text,
    }
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def decode(record: bytes) -> Optional[LogLine]:
    """The line in a record; None for one that a kill has torn."""
    try:
        value = json.loads(record)
        return LogLine(value["time"], value["level"], value["stream"], value["task"], value["pid"], value["text"])
    except (ValueError, KeyError, TypeError):
        return None
