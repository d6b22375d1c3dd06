"""Brings home what children report, and gives every attempt its true end."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from trigger_service.launchers.base import Launcher
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.dispatcher import Dispatcher
from trigger_service.service.doorbell import Doorbell
from trigger_service.store.engine import Database


class CentralScheduler(Protocol):
    """What is needed of luigid: `service.central.Central` is it."""

    def free(self, run_id: str, attempt: int) -> None:
        """Take the tasks of an ended attempt's workers from them; raises SchedulerUnavailable."""

    def health(self) -> str:
        """Empty when luigid answers, otherwise the reason why not."""


class Collector:
    """A thread that follows all live runs, woken by the doorbell or every second."""

    def __init__(
        self,
        *,
        home: Path,
        database: Database,
        launcher: Launcher,
        central: CentralScheduler,
        broadcast: Broadcast,
        dispatcher: Dispatcher,
        doorbell: Doorbell,
        grace_s: float = 5.0,
    ) -> None: ...

    def start(self) -> None:
        """Start the thread."""

    def stop(self) -> None:
        """End the thread after the look it may be in the middle of. Children go on."""
