"""What a failing task has printed last."""

from __future__ import annotations

import time
from pathlib import Path

from trigger_service.domain.mistakes import cut
from trigger_service.domain.notices import LINES, Notice
from trigger_service.domain.queries import LogFilter
from trigger_service.domain.spec import attempt_folder
from trigger_service.service import logreader
from trigger_service.service.broadcast import Broadcast
from trigger_service.store import attempts
from trigger_service.store.engine import Database

#: Seconds that a message waits until all that the task has printed is there.
_PATIENCE_S = 5.0
#: Characters of a line.
_LINE = 500


class LastLines:
    """Reads the logs of runs. Safe for any thread."""

    def __init__(self, home: Path, database: Database, broadcast: Broadcast) -> None:
        self._home = home
        self._database = database
        self._broadcast = broadcast

    def added_to(self, notice: Notice) -> Notice:
        """What is told, with the last lines of the task that has failed; as it is where there are none to be added."""
        if notice.event != "failed" or notice.lines is not None or notice.run_id is None:
            return notice
        self._wait_for_all(notice.run_id)
        return notice.evolve(lines=self._lines(notice.run_id, notice.task_id))

    def _wait_for_all(self, run_id: str) -> None:
        """Wait until all that the run has printed is in its log, as long as that may take."""
        until, version = time.monotonic() + _PATIENCE_S, self._broadcast.version(run_id)
        while not self._is_whole(run_id) and time.monotonic() < until:
            version = self._broadcast.wait(run_id, version, max(0.0, until - time.monotonic()))

    def _is_whole(self, run_id: str) -> bool:
        """Whether all that the run has printed is in its log."""
        with self._database.read() as connection:
            unburied = attempts.unburied_of(connection, run_id)
        return all(attempt_folder(self._home, run_id, number).pumped_file.exists() for number in unburied)

    def _lines(self, run_id: str, task_id: str | None) -> tuple[str, ...]:
        with self._database.read() as connection:
            numbers = [attempt.number for attempt in attempts.of(connection, run_id)]
        if not numbers:
            return ()
        of_task = logreader.sieve(LogFilter(task=task_id), {task_id} if task_id else ())
        try:
            found = logreader.tail(attempt_folder(self._home, run_id, numbers[-1]).log_file, LINES, of_task)
        except FileNotFoundError:
            return ()
        return tuple(cut(line.text, _LINE) for line in found)
