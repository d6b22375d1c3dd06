"""When notifications are written down and sent: soon after a run has ended, when a message is due, and now and then."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from trigger_service.domain.notices import RETRY_S
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.channels import Channels
from trigger_service.service.clock import Clock
from trigger_service.service.counters import Counters
from trigger_service.service.lastlines import LastLines
from trigger_service.service.notifications import Notifications
from trigger_service.service.notifier import Notifier
from trigger_service.service.sender import Sender
from trigger_service.service.vault import Vault
from trigger_service.store.engine import Database

#: Seconds between two looks at what has ended and is due, and at what is late or takes long.
EVERY_S = 1.0
WATCH_S = 10.0
_ENDS, _LATE = "notifications", "what is late"


class Announcements:
    """All that tells people and programs of runs, put together. Stopped before all that it needs, after the clock."""

    def __init__(
        self,
        *,
        home: Path,
        database: Database,
        vault: Vault,
        channels: Channels,
        broadcast: Broadcast,
        clock: Clock,
        counters: Counters,
        intervals: Sequence[float] = RETRY_S,
    ) -> None:
        """`clock` calls what looks; `intervals`: seconds from each try of a message in vain to the next."""
        self.sender = Sender(
            database=database,
            counters=counters,
            vault=vault,
            channels=channels,
            last_lines=LastLines(home, database, broadcast),
            intervals=intervals,
            wake=self.wake,
        )
        self.notifier = Notifier(database, counters)
        self._clock = clock
        clock.add(_ENDS, self.look, EVERY_S)
        clock.add(_LATE, self.watch, WATCH_S)
        self.notifications = Notifications(database, vault, channels, self.sender)
        self.notifications.on_change = self.wake

    def stop(self) -> None:
        """Give what is on its way a moment to arrive."""
        self.sender.stop()

    def wake(self) -> None:
        """Say that a run has ended, or that there may be something to be sent."""
        self._clock.call(_ENDS)

    def look(self) -> None:
        """Write down what the ends of runs have to say, and begin to send what is due."""
        while self.notifier.follow(time.time()):
            pass
        upcoming = self.sender.look(time.time())
        if upcoming is not None and upcoming - time.time() < EVERY_S:
            self._clock.call_at(_ENDS, upcoming)

    def watch(self) -> None:
        """Write down what is late and what takes long; the next look sends it."""
        self.notifier.watch(time.time())
