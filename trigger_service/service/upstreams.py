"""Follows the ends of runs: a success that a pipeline sensor waits for is a delivery of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from trigger_service.domain.errors import RunNotFound
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.run import Run
from trigger_service.domain.sensors import Sensor
from trigger_service.domain.upstream import PipelineSource, document_of
from trigger_service.service.sensors import record
from trigger_service.store import endings, runs
from trigger_service.store import sensors as table
from trigger_service.store.endings import Ending
from trigger_service.store.engine import Database

#: Whose cursor it is.
_FOLLOWER = "sensors"
#: Ends of runs that are read in one transaction.
_BATCH = 200


class Upstreams:
    """Looks for runs that have ended since. Any number of processes may do so with one database."""

    def __init__(self, database: Database, on_pending: Callable[[], None]) -> None:
        """`on_pending` is called when deliveries were recorded."""
        self._database = database
        self._on_pending = on_pending

    def look(self) -> None:
        """Record the deliveries of all runs that have ended since the last look."""
        while self._follow():
            pass

    def _follow(self) -> bool:
        """Read some ends; whether there may be more of them."""
        with self._database.read() as connection:
            if not endings.is_behind(connection, _FOLLOWER):
                return False
        with self._database.write() as connection:
            ended = endings.follow(connection, _FOLLOWER, _BATCH)
            recorded = _record(connection, ended)
            if ended:
                endings.advance(connection, _FOLLOWER, ended[-1].id)
        fail_point("between recorded successes and the runs that they start")
        if recorded:
            self._on_pending()
        return len(ended) == _BATCH


def _record(connection: Connection, ended: Iterable[Ending]) -> bool:
    """Record what sensors wait for; whether there was any."""
    waiting = [sensor for sensor in table.listed(connection, "pipeline") if not sensor.paused]
    recorded = False
    for ending in ended if waiting else ():
        if ending.state != "succeeded":
            continue
        try:
            run = runs.get(connection, ending.run_id)
        except RunNotFound:  # deleted since
            continue
        for sensor in waiting:
            recorded = _take(connection, sensor, run, ending.time) or recorded
    return recorded


def _take(connection: Connection, sensor: Sensor, run: Run, now: float) -> bool:
    """Record the delivery that a success completes, if it does."""
    source = sensor.source
    assert isinstance(source, PipelineSource), "only these are listed"
    if not source.waits_for(run):
        return False
    key = source.key_of(run)
    if key is None:
        return False
    together = {run.pipeline: run.id}
    if len(source.pipelines) > 1:
        together = dict(table.join(connection, sensor.name, key, run, now))
        if set(together) != set(source.pipelines):
            return False
        table.part(connection, sensor.name, key)
    found = [run if run_id == run.id else _found(connection, run_id) for run_id in together.values()]
    document = document_of([each for each in found if each is not None])
    return record(connection, sensor.name, " ".join(sorted(together.values())), document, now)


def _found(connection: Connection, run_id: str) -> Run | None:
    try:
        return runs.get(connection, run_id)
    except RunNotFound:
        return None
