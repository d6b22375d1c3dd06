"""The way of the scheduler's messages to a task that accepts them, which may be in a process of its own."""

from __future__ import annotations

import multiprocessing
import multiprocessing.queues
from typing import Any, Optional

from luigi.worker import SchedulerMessage


class Messages(multiprocessing.queues.Queue):  # type: ignore[type-arg]
    """Luigi's queue of messages; what answers them, our line to luigid, cannot be sent, so each end has its own."""

    def __init__(self, scheduler: Any) -> None:
        super().__init__(ctx=multiprocessing.get_context())
        self._scheduler = scheduler

    def put(self, message: SchedulerMessage, block: bool = True, timeout: Optional[float] = None) -> None:
        """Send a message to the task."""
        super().put((message._task_id, message._message_id, message.content, message.payload), block, timeout)

    def get(self, block: bool = True, timeout: Optional[float] = None) -> SchedulerMessage:
        """The next message; raises queue.Empty."""
        task_id, message_id, content, payload = super().get(block, timeout)
        return SchedulerMessage(self._scheduler, task_id, message_id, content, **payload)
