"""Where log records go in a child: to the spool, and to whatever else the project has configured besides a terminal."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, List, Optional

import luigi
from luigi import configuration
from luigi.setup_logging import InterfaceLogging

from trigger_service.domain import logs
from trigger_service.domain.logs import LogLine

#: Where Luigi's own machinery lies; `contrib`, below it, speaks for tasks.
LUIGI_FOLDER = Path(luigi.__file__).parent
LUIGI_LOGGERS = ("luigi", "luigi-interface")


class RecordHandler(logging.Handler):
    """Hands log records on, one line each; `task` gives the id of the task whose code runs now."""

    def __init__(self, record: Callable[[LogLine], None], task: Callable[[], Optional[str]]) -> None:
        super().__init__()
        self._record = record
        self._task = task

    def emit(self, record: logging.LogRecord) -> None:
        """Append one record.

        What Luigi says of its own work belongs to no task; its warnings and errors do, that is how a task has failed,
        and so does what users' code says through its loggers.
        """
        try:
            is_luigis = Path(record.pathname).parent == LUIGI_FOLDER and record.levelno < logging.WARNING
            task = None if is_luigis else self._task()
            about = (record.created, _level(record.levelno), record.name, task, record.process)
            self._record(LogLine(*about, self.format(record)))
        except Exception:
            self.handleError(record)


def _level(number: int) -> str:
    """The level in our words, whatever the project calls its levels."""
    return next((name for name in reversed(logs.LEVELS) if number >= getattr(logging, name)), logs.LEVELS[0])


def configure_as_the_project_does() -> None:
    """Apply the project's `logging_conf_file` or `[logging]`, as `luigi` does; raises what that raises.

    Luigi takes logging as configured afterwards, also for a `luigi.build` in a task.
    """
    config = configuration.get_config()
    if not InterfaceLogging._configured and not config.getboolean("core", "no_configure_logging", False):
        options = SimpleNamespace(logging_conf_file=config.get("core", "logging_conf_file", ""))
        InterfaceLogging._conf(options) or InterfaceLogging._section(options)
    InterfaceLogging._configured = True


def take_loggers(handler: RecordHandler) -> None:
    """Luigi's loggers, the root and those that tell it nothing get `handler`; what prints to a terminal steps aside."""
    known: List[Any] = list(logging.root.manager.loggerDict.values())
    for logger in (item for item in known if isinstance(item, logging.Logger)):
        if any(_prints(old) for old in logger.handlers):
            logger.handlers = [*_kept(logger), *(() if logger.propagate else (handler,))]
    for name in LUIGI_LOGGERS:
        logger = logging.getLogger(name)
        _open(logger, handler, logger.level > logging.INFO or logger.level == logging.NOTSET)
        logger.propagate = False
    root = logging.getLogger()
    _open(root, handler, root.level == logging.WARNING)


def _open(logger: logging.Logger, handler: RecordHandler, wider: bool) -> None:
    """Give the logger `handler`, and if it is to be wider the level INFO, but its own handlers no more than before."""
    kept = _kept(logger)
    if wider:
        kept = [_Behind(old, logger.getEffectiveLevel()) for old in kept]
        logger.setLevel(logging.INFO)
    logger.handlers = [*kept, handler]


class _Behind(logging.Handler):
    """Another handler, which may serve several loggers, behind a level of its own."""

    def __init__(self, handler: logging.Handler, level: int) -> None:
        super().__init__(level)
        self._handler = handler

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= self._handler.level:
            self._handler.handle(record)


def _kept(logger: logging.Logger) -> List[logging.Handler]:
    return [handler for handler in logger.handlers if not _prints(handler) and not isinstance(handler, RecordHandler)]


def _prints(handler: logging.Handler) -> bool:
    """Whether what a handler writes ends in the standard output or error."""
    if not isinstance(handler, logging.StreamHandler) or isinstance(handler, logging.FileHandler):
        return False
    try:
        return handler.stream.fileno() in (1, 2)
    except (AttributeError, OSError, ValueError, io.UnsupportedOperation):
        return False
