"""Follows the ends of runs: a success that a pipeline sensor waits for is a delivery of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

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
#: Ends of runs that are read at a time, and how many may be read without a note how far that is.
_BATCH = 200
_UNNOTED = 1000


class Upstreams:
    """Looks for runs that have ended since, in one thread. Any number of processes may do so with one database."""

    def __init__(self, database: Database, on_pending: Callable[[], None]) -> None:
        """`on_pending` is called when deliveries were recorded."""
        self._database = database
        self._on_pending = on_pending
        #: The last end that was read; what is stored may be behind where nobody waited for those after it.
        self._read: int | None = None

    def look(self) -> None:
        """Record the deliveries of all runs that have ended since the last look."""
        while self._follow():
            pass

    def _follow(self) -> bool:
        """Read some ends; whether there may be more of them."""
        with self._database.read() as connection:
            noted = endings.position(connection, _FOLLOWER)
            ended = [] if noted is None else endings.after(connection, max(noted, self._read or 0), _BATCH)
            matter = noted is None or any(_takers(connection, ended))
        if not ended and not matter:
            return False
        self._read = ended[-1].id if ended else None
        if matter or (self._read or 0) - (noted or 0) > _UNNOTED:
            self._record()
        return len(ended) == _BATCH

    def _record(self) -> None:
        """Record what follows from all ends since those that were noted, and how far that is."""
        with self._database.write() as connection:
            ended = endings.follow(connection, _FOLLOWER, _UNNOTED + _BATCH)
            taken = [_take(connection, *taker) for taker in _takers(connection, ended)]
            if ended:
                endings.advance(connection, _FOLLOWER, ended[-1].id)
        fail_point("between recorded successes and the runs that they start")
        if any(taken):
            self._on_pending()


def _takers(connection: Connection, ended: Iterable[Ending]) -> Iterator[tuple[Sensor, PipelineSource, Run]]:
    """The sensors that wait for a success, with it; of what ended before a sensor was as it is it knows nothing."""
    successes = [ending for ending in ended if ending.state == "succeeded"]
    sensors = [each for each in table.listed(connection, "pipeline") if not each.paused] if successes else []
    for ending in successes:
        concerned = [sensor for sensor in sensors if ending.id > sensor.since]
        run = _found(connection, ending.run_id) if concerned else None
        for sensor in concerned if run else ():
            if isinstance(sensor.source, PipelineSource) and run and sensor.source.waits_for(run):
                yield sensor, sensor.source, run


def _take(connection: Connection, sensor: Sensor, source: PipelineSource, run: Run) -> bool:
    """Record the delivery that a success completes, if it does."""
    key = source.key_of(run)
    if key is None:
        return False
    now, together = run.finished_at or 0.0, {run.pipeline: run.id}
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
    except RunNotFound:  # deleted since
        return None
