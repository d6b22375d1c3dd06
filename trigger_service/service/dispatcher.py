"""Starts queued runs as soon as the limits let them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trigger_service.domain.admission import Limits
from trigger_service.launchers.base import CodeHost, Launcher
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.doorbell import Doorbell
from trigger_service.store.engine import Database


class Dispatcher:
    """A thread that claims queued runs and launches them; idle until `wake`."""

    def __init__(
        self,
        *,
        home: Path,
        database: Database,
        launcher: Launcher,
        host: CodeHost,
        limits: Limits,
        broadcast: Broadcast,
        doorbell: Doorbell,
        scheduler_url: Callable[[], str],
    ) -> None:
        """`scheduler_url` gives luigid's present address, or raises SchedulerUnavailable."""

    def start(self) -> None:
        """Start the thread."""

    def stop(self) -> None:
        """End the thread, after the launch it may be in the middle of."""

    def wake(self) -> None:
        """Say that there may be something to start: a run was queued, or one has ended."""
