"""The service's own log: one JSON object a line, in a file that does not grow without end.

Kept apart from `serving.py` so that gunicorn's master and its worker write in the same way. Of what is logged, only the
members in `KEPT` and the message are written: nothing that somebody hands over beside them by mistake. No API token is,
wherever it stands.
"""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from trigger_service.domain.tokens import masked

#: What a record may say besides its message (`extra={...}`).
KEPT = ("action", "request_id", "run_id", "method", "path", "status", "duration_s")
#: Bytes at which the file is put aside, so that it and the one before take at most twice that.
LIMIT = 16 << 20
#: Longest text of a line, in characters: a traceback may hold a whole value.
_LONGEST = 32_000


class JsonFormatter(logging.Formatter):
    """Times are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, in ASCII."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        told: dict[str, Any] = {
            "time": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage()[:_LONGEST],
        }
        told.update({name: vars(record)[name] for name in KEPT if vars(record).get(name) is not None})
        if record.exc_info and record.exc_info[0] is not None:
            told["traceback"] = self.formatException(record.exc_info)[-_LONGEST:]
        return masked(json.dumps(told, default=str))


class BoundedHandler(logging.StreamHandler[TextIO]):
    """Writes to a stream that appends to a file, and puts the file's content aside when there is too much of it.

    Copied, then cut: other processes have the same file open, and go on with an empty one.
    """

    def __init__(self, stream: TextIO, limit: int = LIMIT) -> None:
        super().__init__(stream)
        self.setFormatter(JsonFormatter())
        self._limit = limit

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        super().emit(record)
        try:
            self._bound(self.stream.fileno())
        except OSError:
            self.handleError(record)

    def _bound(self, descriptor: int) -> None:
        if os.fstat(descriptor).st_size <= self._limit:
            return
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115 (a link that the kernel makes up)
        if path.is_file():
            _copy(path, path.with_name(f"{path.name}.1"))
            os.ftruncate(descriptor, 0)


def _copy(source: Path, target: Path) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    with source.open("rb") as old, beside.open("wb") as new:
        shutil.copyfileobj(old, new, 1 << 20)
    beside.replace(target)


class Lines(io.TextIOBase):
    """Stands for stdout and stderr: each line that is printed becomes a record."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._begun = ""

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Take text; whole lines are logged."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in filter(str.strip, lines):
            self._log.warning("%s", line, extra={"action": "printed"})
        return len(text)


def install() -> None:
    """Have everything that this process logs, prints, warns of, or dies of, written to stderr in this form."""
    log = logging.getLogger("trigger_service")
    logging.getLogger().handlers[:] = [BoundedHandler(sys.stderr)]
    log.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    sys.stdout = sys.stderr = Lines(log)
    sys.excepthook = _tell_of_end
    threading.excepthook = _tell_of_thread


def _tell_of_end(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    told = (kind, error, where)
    logging.getLogger("trigger_service").critical("the process ends", exc_info=told, extra={"action": "crashed"})


def _tell_of_thread(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread else "a thread"
    told = (args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)
    logging.getLogger("trigger_service").critical("%s has ended", name, exc_info=told, extra={"action": "thread_ended"})
