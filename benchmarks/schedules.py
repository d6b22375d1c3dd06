"""Many schedules: how long a start with them takes, and how late those fire that are due."""

import contextlib
import sqlite3
import time
from datetime import UTC, datetime

from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.domain.scheduled import Schedule
from trigger_service.service.timetable import next_of
from trigger_service.store import schedules as table
from trigger_service.store.schema import open_database

SCHEDULES = 10_000
#: Of them fire, one in each second, and then all at once; the others are due some hours later.
SINGLE, TOGETHER = 40, 200
#: Seconds from the filling on: to the first fire, and from the last single one to those that come together.
FIRST_S, PAUSE_S = 30, 5
TIMEOUT_S = 60.0


def fill(folder, results):
    """Put schedules on record in the project `folder`, which is not served yet; gives when the first one fires."""
    home = folder / ".luigi-trigger"
    home.mkdir(mode=0o700, parents=True)
    now = time.time()
    first = int(now) + FIRST_S
    database = open_database(home / "database.sqlite3")
    with database.write() as connection:
        for number in range(SCHEDULES):
            request = RunRequest("Ledgered", {"root": str(results), "name": f"s{number}"})
            made = Schedule(f"s{number}", _timing(number, first), request, created_at=now, updated_at=now)
            table.save(connection, next_of(made, now))
    database.close()
    return first


def lateness(stage, first):
    """Seconds from its time to the accepted run: of each single fire, and of each that is due with many others.

    Raises RuntimeError where anything else has fired, or anything twice.
    """
    expected = SINGLE + TOGETHER
    deadline = first + SINGLE + PAUSE_S + TIMEOUT_S
    while len(found := _started(stage)) < expected and time.time() < deadline:
        time.sleep(0.5)
    due = {f"s{number}": _due(number, first) for number in range(expected)}
    if {name: fire_time for name, fire_time, _ in found} != due or len(found) != expected:
        raise RuntimeError(f"{len(found)} fires, and not each of those that are due once")
    late = {name: created_at - fire_time for name, fire_time, created_at in found}
    names = [f"s{number}" for number in range(expected)]
    return [late[name] for name in names[:SINGLE]], [late[name] for name in names[SINGLE:]]


def _timing(number, first):
    if number < SINGLE + TOGETHER:
        return Timing("once", f"{datetime.fromtimestamp(_due(number, first), UTC):%Y-%m-%dT%H:%M:%S}Z")
    far = datetime.fromtimestamp(first + 3600 * (4 + number % 16), UTC)
    return Timing("cron", f"{number % 60} {far.hour} * * *")


def _due(number, first):
    return first + number if number < SINGLE else first + SINGLE + PAUSE_S


def _started(stage):
    """Name, time and moment of the run of each fire: straight from the database, so that asking is no work."""
    query = "SELECT schedule, fire_time, runs.created_at FROM fires JOIN runs ON runs.id = fires.run_id"
    file = stage.folder / ".luigi-trigger" / "database.sqlite3"
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()
