"""The scheduler of the service as a process of its own, to whose clock a test may do what it likes.

    python clockwork.py HOME NAME

It takes orders as lines of JSON from its input, and answers each with a line: the name and the timing of a schedule
that is to be saved. After each look, the file NAME.looked tells what its clock showed at the beginning of it. It starts
runs, which nobody carries out. It ends with its input.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path

from trigger_service.domain.admission import Limits
from trigger_service.domain.place import Place
from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.launchers.base import Pipeline
from trigger_service.launchers.inline import InlineHost, InlineLauncher
from trigger_service.launchers.places import Places
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.clock import Clock
from trigger_service.service.counters import Counters
from trigger_service.service.dispatcher import Dispatcher
from trigger_service.service.doorbell import Doorbell, doorbell_name
from trigger_service.service.handing import Handing
from trigger_service.service.schedules import Schedules
from trigger_service.service.starter import Starter
from trigger_service.service.timetable import Timetable
from trigger_service.service.triggers import Triggers
from trigger_service.service.vault import Vault
from trigger_service.store.schema import open_database

#: Seconds between two looks: a test that moves the clock need not wait a whole second for each.
EVERY_S = 0.1


def main(home: Path, name: str) -> None:
    """Serve until the input ends."""
    database = open_database(home / "database.sqlite3")
    places, broadcast, doorbell = Places({Place(): InlineHost((Pipeline("Work", "work"),))}), Broadcast(), None
    doorbell = Doorbell(doorbell_name(home / name))
    launcher = InlineLauncher(lambda _child: None, ring=doorbell.ring, complete=lambda _spec: False)
    shared = {"database": database, "broadcast": broadcast, "doorbell": doorbell}
    starter = Starter(home=home, launcher=launcher, scheduler_url=lambda _: "http://127.0.0.1:1", **shared)
    dispatcher = Dispatcher(database=database, places=places, limits=Limits, starter=starter)
    vault = Vault(home / "vault.key", database)
    triggers = Triggers(places=places, vault=vault, limits=Limits, dispatcher=dispatcher, **shared)
    counters = Counters()
    timetable, handing = Timetable(database, triggers), Handing(database, triggers, counters)
    schedules = Schedules(database, triggers, handing, counters)

    def look() -> None:
        began = time.time()
        schedules.look_now()
        beside = home / f"{name}.looking"
        beside.write_text(str(began))
        beside.rename(home / f"{name}.looked")

    clock = Clock()
    clock.add("schedules", look, EVERY_S)
    schedules.on_due = partial(clock.call_at, "schedules")
    timetable.on_change = schedules.wake
    clock.start()
    for line in sys.stdin:
        which, timing = json.loads(line)
        print(timetable.save(which, Timing(**timing), RunRequest("Work"), "test").next_fire, flush=True)
    clock.stop()
    handing.stop()
    launcher.close()
    doorbell.close()
    database.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
