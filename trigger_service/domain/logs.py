"""Log lines: one JSON object per line of output, written by a run's pump and read by the API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

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


def encode(line: LogLine, after: Optional[Mapping[str, int]] = None) -> bytes:
    """The line as one record, newline included. Characters are escaped, so that no text can end a record.

    `after` says by file how many bytes of raw output had been written when the line was.
    """
    record: Dict[str, Any] = {
        "time": round(line.time, 6),
        "level": line.level,
        "stream": line.stream,
        "task": line.task,
        "pid": line.pid,
        "text": line.text,
    }
    if after is not None:
        record["after"] = after
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def decode(record: bytes) -> Optional[LogLine]:
    """The line in a record; None for one that a kill has torn."""
    decoded = decode_with_place(record)
    return None if decoded is None else decoded[0]


def decode_with_place(record: bytes) -> Optional[Tuple[LogLine, Mapping[str, int]]]:
    """The line in a record, and after how many bytes of raw output it stands; None for one that a kill has torn."""
    try:
        value = json.loads(record)
        line = LogLine(value["time"], value["level"], value["stream"], value["task"], value["pid"], value["text"])
        return line, value.get("after", {})
    except (ValueError, KeyError, TypeError):
        return None
