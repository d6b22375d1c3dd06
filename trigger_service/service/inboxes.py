"""The inboxes that luigi.cfg names: each is looked at by a thread of its own, so that none waits for another."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trigger_service.domain.errors import Unavailable
from trigger_service.domain.files import FileSource, FileState, Inbox, InboxKind, KnownFile
from trigger_service.domain.sensors import Sensor
from trigger_service.service.bucket import Bucket
from trigger_service.service.folder import Folder, Watch
from trigger_service.service.scan import LooksElsewhere, Place, Scan, Watching
from trigger_service.service.sensors import Sensors
from trigger_service.store import files as table
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

#: A look is followed by a rest of so many seconds at least, and of so many times its length: what arrives meanwhile is
#: found together.
REST_S = 0.2
REST_FACTOR = 2.0
#: Seconds until an inbox that cannot be looked at is looked at again.
AGAIN_S = 10.0
#: Seconds until an inbox of no sensor asks whether there is one now: another process may have saved it.
IDLE_S = 60.0
#: Seconds that the end of the service waits for a thread: one that waits for an answer of S3 ends with the process.
_PATIENCE_S = 2.0
#: Troubles that are told of one listing.
_TOLD = 3


@dataclass(frozen=True)
class InboxState:
    """An inbox as people see it."""

    name: str
    kind: InboxKind
    #: Why it cannot be looked at, or what in it; empty where nothing is wrong.
    trouble: str
    #: The sensors that look at it.
    sensors: tuple[str, ...]


class Inboxes:
    """All of them. Safe for any thread."""

    def __init__(self, database: Database, sensors: Sensors, inboxes: Mapping[str, Inbox]) -> None:
        self._database = database
        self._sensors = sensors
        self._inboxes = inboxes
        self._lookouts = {name: Lookout(database, sensors, name, inbox) for name, inbox in inboxes.items()}

    def start(self) -> None:
        """Start a thread for each."""
        for lookout in self._lookouts.values():
            lookout.start()

    def stop(self) -> None:
        """End the threads, each after the transaction that it may be in the middle of."""
        for lookout in self._lookouts.values():
            lookout.leave()
        for lookout in self._lookouts.values():
            lookout.stop()

    def wake(self) -> None:
        """Say that a sensor was saved, resumed or removed."""
        for lookout in self._lookouts.values():
            lookout.wake()

    def look(self, name: str, now: float) -> float | None:
        """Look at an inbox now; when to look again for what waits. For tests, and for where no threads run."""
        return self._lookouts[name].look(now)

    def listed(self) -> list[InboxState]:
        """All that are configured, by name."""
        return [
            InboxState(name, self._inboxes[name].kind, lookout.trouble, tuple(each.name for each in lookout.watching()))
            for name, lookout in sorted(self._lookouts.items())
        ]

    def watched(self, name: str) -> bool:
        """Whether the folder of an inbox is being watched."""
        return self._lookouts[name].watched

    def trouble_of(self, sensor: Sensor) -> str:
        """Why the inbox of a sensor cannot be looked at; empty where nothing is wrong, or it has none."""
        if not isinstance(sensor.source, FileSource):
            return ""
        lookout = self._lookouts.get(sensor.source.inbox)
        mend = "add it and restart, or name another one"
        return lookout.trouble if lookout else f"luigi.cfg has no [inbox:{sensor.source.inbox}] any more; {mend}"

    def files(self, sensor: str, state: FileState | None, after: str, limit: int) -> list[KnownFile]:
        """Up to `limit` files on record for a sensor after a path, by path; raises SensorNotFound."""
        self._sensors.get(sensor)
        with self._database.read() as connection:
            return table.listed(connection, sensor, state, after, limit)


class Lookout:
    """A thread that looks at one inbox: when something in it changes, every `poll_s` seconds, and when told."""

    def __init__(self, database: Database, sensors: Sensors, name: str, inbox: Inbox) -> None:
        self._sensors = sensors
        self._name = name
        self._inbox = inbox
        self._place: Place = Folder(inbox.url) if inbox.kind == "folder" else Bucket(inbox)
        self._scan = Scan(database, inbox, self._place, sensors.wake)
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=f"inbox {name}", daemon=True)
        self._watch = Watch(inbox.url, self.wake) if inbox.kind == "folder" else None
        #: Why it cannot be looked at, or what in it; empty where nothing is wrong.
        self.trouble = ""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Look soon."""
        self._woken.set()

    def leave(self) -> None:
        """Say that the thread is to end."""
        self._stopping.set()
        self._woken.set()

    def stop(self) -> None:
        """Wait until it has ended."""
        self._thread.join(_PATIENCE_S)
        if self._watch is not None:
            self._watch.end()

    @property
    def watched(self) -> bool:
        """Whether changes are told at once."""
        return self._watch is not None and self._watch.watches

    def watching(self) -> list[Watching]:
        """The sensors that look at it now."""
        return [
            Watching(sensor.name, sensor.source, sensor.created_at)
            for sensor in self._sensors.listed("file")
            if isinstance(sensor.source, FileSource) and sensor.source.inbox == self._name and not sensor.paused
        ]

    def look(self, now: float) -> float:
        """Look once; when to look again. Raises Unavailable where it cannot be looked at."""
        watching = self.watching()
        if not watching:
            self.trouble = ""
            return now + IDLE_S
        again = now + min(each.source.poll(self._inbox.kind) for each in watching)
        try:
            waiting = self._scan.look(watching, now)
        except LooksElsewhere:
            return now
        except Unavailable as error:
            self._tell(str(error))
            raise
        self._tell(_some(self._place.faults))
        return again if waiting is None else min(again, waiting)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            started = time.monotonic()
            pause = self._looked()
            rest = max(REST_S, REST_FACTOR * (time.monotonic() - started))
            if not self._stopping.wait(rest):
                self._woken.wait(max(0.0, pause - rest))

    def _looked(self) -> float:
        """Look, whatever happens; the seconds until the next look."""
        try:
            pause = self.look(time.time()) - time.time()
        except Unavailable:
            if self._watch is not None:
                self._watch.end()
            return AGAIN_S
        except Exception:
            if not self._stopping.is_set():
                log.exception("looking at inbox %s failed", self._name, extra={"action": "inbox_failed"})
            return AGAIN_S
        if self._watch is not None and self.watching():
            self._watch.begin()
        return pause

    def _tell(self, trouble: str) -> None:
        """Keep what is wrong for who asks, and say it in the log once."""
        if trouble != self.trouble:
            told = trouble or "nothing is wrong with it any more"
            action = "inbox_trouble" if trouble else "inbox_well"
            log.warning("inbox %s: %s", self._name, told, extra={"action": action})
        self.trouble = trouble


def _some(faults: Sequence[str]) -> str:
    """The first of some faults, and how many more there are."""
    more = [f"{len(faults) - _TOLD} more"] if len(faults) > _TOLD else []
    return "; ".join([*faults[:_TOLD], *more])
