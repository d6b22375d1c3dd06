"""What is told of an error in users' code: its message, the place in their code, and their part of the traceback."""

from __future__ import annotations

import importlib
import linecache
import os
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, Dict, List, Optional, Tuple

import luigi

from trigger_service.runner.fingerprint import is_installed

#: Characters of a message that are told.
MESSAGE_LIMIT = 500
#: Lines of code that are told before and after the one that failed, and characters of each.
AROUND, LINE_LIMIT = 3, 200
_OURS = str(Path(__file__).parent) + os.sep
_LUIGIS = str(Path(luigi.__file__).parent) + os.sep


def told(error: BaseException, limit: int = MESSAGE_LIMIT) -> str:
    """An error's type and message."""
    message = message_of(error, limit)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def message_of(error: BaseException, limit: int = MESSAGE_LIMIT) -> str:
    """An error's message, cut where it is long, whatever its class does when it is asked for it."""
    try:
        return str(error)[:limit]
    except BaseException:
        return "its message cannot be read"


def users_part(trace: Optional[TracebackType]) -> Optional[TracebackType]:
    """The traceback without the leading frames that are ours and the import system's; None where no other is."""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith((_OURS, "<frozen importlib")) and file != importlib.__file__:
            return trace
        trace = trace.tb_next
    return None


def users_place(trace: Optional[TracebackType]) -> Tuple[str, int]:
    """File and line of the innermost frame in the project, or else outside of Luigi; ("", 0) where there is none."""
    last = _users_frame(trace)
    return (relative(last.filename), last.lineno or 0) if last else ("", 0)


def users_code(trace: Optional[TracebackType], since: float) -> Optional[Dict[str, Any]]:
    """The same place with its function and the lines around it: {file, line, function, first, lines}; None for none.

    `first` is the number of the first of the `lines`. There are none where the file was changed after `since`, seconds
    since the epoch, before which the code was read: what stands there now is not what ran.
    """
    last = _users_frame(trace)
    if last is None or not last.lineno:
        return None
    lines = [line.rstrip("\n")[:LINE_LIMIT] for line in _lines(last.filename, since)]
    first, end = _extent(lines, last.lineno)
    shown = lines[first - 1 : end]
    return {"file": last.filename, "line": last.lineno, "function": last.name, "first": first, "lines": shown}


def _extent(lines: List[str], number: int) -> Tuple[int, int]:
    """The first and the last line that are told around one: none of what comes before and after its own block."""
    first, end = max(1, number - AROUND), min(len(lines), number + AROUND)
    if lines[number - 1 : number] and lines[number - 1][:1].isspace():
        above = [at for at in range(first, number) if _begins(lines[at - 1])]
        below = [at for at in range(number + 1, end + 1) if _begins(lines[at - 1])]
        first, end = (above or [first])[-1], (below or [end + 1])[0] - 1
    while end > number and not lines[end - 1].strip():
        end -= 1
    return first, end


def _begins(line: str) -> bool:
    """Whether a line of code stands at the margin."""
    return bool(line) and not line[0].isspace()


def _users_frame(trace: Optional[TracebackType]) -> Optional[traceback.FrameSummary]:
    frames = [frame for frame in traceback.extract_tb(trace) if not frame.filename.startswith((_OURS, _LUIGIS, "<"))]
    own = [frame for frame in frames if not is_installed(frame.filename)]
    return (own or frames)[-1] if frames else None


def _lines(file: str, since: float) -> List[str]:
    try:
        changed = Path(file).stat().st_mtime > since
    except OSError:  # gone, or what is no file, of which `linecache` may have the lines all the same
        changed = False
    return [] if changed else linecache.getlines(file)


def relative(file: str) -> str:
    """A path as it is read best: from the working directory on, where it lies below it."""
    here = str(Path.cwd()) + os.sep
    return file[len(here) :] if file.startswith(here) else file
