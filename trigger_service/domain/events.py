"""What a child reports: typed events, one JSON object per line. The sequence number of a record is its byte offset.

Kinds and their data (times are seconds since the epoch; `task` is Luigi's task id and stands beside `data`):

| kind        | task | data |
| ---         | ---  | --- |
| `started`   | -    | pid, python, luigi, worker_id, code |
| `discovered`| yes  | family, parameters {name: text}, dependencies [task id], outputs [uri], status |
| `status`    | yes  | status, explanation (traceback or reason, only where there is one), by (another that did it) |
| `began`     | yes  | pid: `run()` is about to be entered |
| `ended`     | yes  | pid, ok, cpu_s, peak_bytes: `run()` was left (`suspended` where a dynamic task waits) |
| `raised`    | yes  | file, line, function: where in the user's code; first, lines: those around it, and which |
| `progress`  | yes  | percent |
| `message`   | yes  | text |
| `tracking`  | yes  | url |
| `waiting`   | yes  | for: who builds it ("run <id>", or "<host> pid <n>") |
| `written`   | yes  | url, version, size (bytes), sha256, rows, inputs [{url, version}], observed: it was published |
| `note`      | -    | text: something a person should know (luigid has forgotten the run, ...) |
| `finished`  | -    | outcome; always the last record of writer 0; exit.json follows it |
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from trigger_service.domain.halves import may_have_halves, without_halves


@dataclass(frozen=True)
class RunEvent:
    """One thing that happened in an attempt."""

    kind: str
    time: float
    task: Optional[str] = None
    data: Mapping[str, Any] = field(default_factory=dict)


def encode(event: RunEvent) -> bytes:
    """The event as one line, newline included."""
    record = {"kind": event.kind, "time": round(event.time, 6), "task": event.task, "data": event.data}
    return json.dumps(record, separators=(",", ":"), default=str).encode() + b"\n"


def decode(line: bytes) -> Optional[RunEvent]:
    """The event in a line; None for a line that is none (torn by a kill, for instance)."""
    try:
        record = json.loads(line)
        if may_have_halves(line):
            record = without_halves(record)
        return RunEvent(record["kind"], float(record["time"]), record["task"], record["data"])
    except (ValueError, KeyError, TypeError):
        return None


def code_of(data: Any) -> Dict[str, Any]:
    """The run's fields of the code, by the data of a `started` event; none where that does not make sense."""
    code = data.get("code") if isinstance(data, dict) else None
    if not isinstance(code, dict) or not isinstance(code.get("fingerprint"), str):
        return {}
    commit, dirty = code.get("commit"), code.get("dirty")
    return {
        "code_fingerprint": code["fingerprint"],
        "code_commit": commit if isinstance(commit, str) else None,
        "code_dirty": dirty if isinstance(dirty, bool) else None,
    }


def whole_lines(chunk: bytes, offset: int) -> Iterator[Tuple[int, bytes]]:
    """The complete lines of `chunk`, which stands at byte `offset` of its file, each with its own offset.

    A last line without its newline is not complete yet and is left for the next read.
    """
    start = 0
    while True:
        end = chunk.find(b"\n", start)
        if end < 0:
            return
        yield offset + start, chunk[start:end]
        start = end + 1


@dataclass(frozen=True)
class EventBatch:
    """What one read of one writer's file gave: its events with their sequence numbers, and where to go on."""

    attempt: int
    writer: int
    events: Tuple[Tuple[int, RunEvent], ...]
    next_offset: int


def read_batch(chunk: bytes, offset: int, attempt: int, writer: int) -> EventBatch:
    """Parse the `chunk` of a writer's `events.jsonl` that stands at byte `offset`."""
    events: List[Tuple[int, RunEvent]] = []
    next_offset = offset
    for at, line in whole_lines(chunk, offset):
        next_offset = at + len(line) + 1
        event = decode(line)
        if event is not None:
            events.append((at, event))
    return EventBatch(attempt, writer, tuple(events), next_offset)
