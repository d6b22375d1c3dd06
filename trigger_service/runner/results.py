"""Results of task executions on their way to the worker.

Stands in for Luigi's multiprocessing queue, whose lock is lost for ever with a process that is killed while it writes:
here every process has a pipe of its own, and the end of the pipe says that there is nothing more to come.
"""

from __future__ import annotations

import collections
import contextlib
from multiprocessing import Pipe, connection
from queue import Empty
from typing import Any, Deque, Dict, List, Optional, Tuple

Result = Tuple[str, str, Any, List[Any], Optional[List[Any]]]


class Channel:
    """The end that one task process writes to."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def put(self, result: Result) -> None:
        """Hand over the result; a worker that is gone is no longer interested."""
        try:
            self._writer.send(result)
        except BrokenPipeError:
            return

    def close(self) -> None:
        """Give the descriptor back; the worker does so once the process has it."""
        self._writer.close()


class Results:
    """What the worker reads: the queue interface that Luigi's worker uses, over one pipe per process."""

    def __init__(self) -> None:
        self._arrived: Deque[Result] = collections.deque()
        self._readers: Dict[str, Any] = {}

    def channel(self, task_id: str) -> Channel:
        """A new pipe for the process of a task."""
        reader, writer = Pipe(duplex=False)
        self._readers[task_id] = reader
        return Channel(writer)

    def put(self, result: Result) -> None:
        """A result of this very process."""
        self._arrived.append(result)

    def get(self, timeout: float = 0.0) -> Result:
        """The next result; raises queue.Empty where none arrives within `timeout` seconds."""
        if not self._arrived:
            self.wait([], timeout)
        if not self._arrived:
            raise Empty
        return self._arrived.popleft()

    def wait(self, others: List[Any], timeout: float) -> None:
        """Return when a result has arrived, when one of `others` (sentinels) is ready, or after `timeout` seconds."""
        if self._arrived:
            return
        by_reader = {reader: task_id for task_id, reader in self._readers.items()}
        for ready in connection.wait([*by_reader, *others], timeout):
            if ready in by_reader:
                self._receive(by_reader[ready])

    def has(self, task_id: str) -> bool:
        """Whether a result of this task is there; asked of a dead process, False means that none will come."""
        reader = self._readers.get(task_id)
        if reader is not None and reader.poll():
            self._receive(task_id)
        return any(result[0] == task_id for result in self._arrived)

    def replace(self, result: Result) -> None:
        """Put `result` in the place of whatever the same task has reported."""
        self.has(result[0])
        self._arrived = collections.deque(r for r in self._arrived if r[0] != result[0])
        self._arrived.append(result)

    def close(self) -> None:
        """Give all descriptors back."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    def _receive(self, task_id: str) -> None:
        with contextlib.suppress(EOFError, OSError):
            self._arrived.append(self._readers[task_id].recv())
        self._readers.pop(task_id).close()
