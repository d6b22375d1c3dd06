"""What can be measured of the service, as Prometheus reads it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from trigger_service.domain.place import Place
from trigger_service.domain.run import LIVE
from trigger_service.service.collector import Collector
from trigger_service.service.counters import Counters
from trigger_service.service.housekeeper import Housekeeper
from trigger_service.store import meter, retention
from trigger_service.store.engine import Database

#: The media type of `render`.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: By component (`luigid`, `zygote`): empty where it is well, otherwise the reason why not.
Health = Mapping[str, str]


class Metrics:
    """Counts from the start of the service on; what it says of the present is read when it is asked. For any thread."""

    def __init__(
        self,
        *,
        database: Database,
        housekeeper: Housekeeper,
        health: Callable[[], Mapping[Place, Health]],
        counters: Counters,
    ) -> None:
        """`health` asks all places, and may take a second; to `counters` others add as well."""
        self._database = database
        self._housekeeper = housekeeper
        self._ask_health = health
        self._health: Mapping[Place, Health] = {}
        self._collector: Collector | None = None
        with database.read() as connection:
            self._after = meter.newest(connection)
        self._lock = threading.Lock()
        self._counters = counters
        self._counted = _text(self._counters.registry.collect())
        self._version = version("luigi-trigger")

    def follow(self, collector: Collector) -> None:
        """Tell from now on when this collector has looked."""
        self._collector = collector

    def note_lag(self, seconds: float) -> None:
        """Reports of a child have been stored; the oldest of them was so old."""
        self._counters.add_lag(seconds)

    def refresh(self) -> None:
        """Take in what has happened to runs since the last time, and ask how all places are."""
        with self._lock:
            while self._read_on():
                pass
            self._counted = _text(self._counters.registry.collect())
        self._health = self._ask_health()

    def render(self, streams: int) -> bytes:
        """Everything as text: what is counted as of the last `refresh`; `streams` are open now.

        Raises StoreUnavailable.
        """
        return self._counted + _text(self._present(streams))

    def _read_on(self) -> bool:
        """Count one piece of the journal; whether there may be more."""
        with self._database.read() as connection:
            found, upto = meter.changes(connection, self._after)
            for change in found:
                self._counters.add_change(change)
                if change.final:
                    self._counters.add_tasks(change.pipeline, meter.tasks_of(connection, change.run_id))
        more = upto > self._after
        self._after = upto
        return more

    def _present(self, streams: int) -> Iterator[Metric]:
        """What holds now."""
        with self._database.read() as connection:
            standing = meter.standing(connection)
            waiting = meter.waiting(connection)
        queued, oldest = standing.get("queued", (0, time.time()))
        yield _gauge("runs_queued", "Runs that wait for their start.", queued)
        yield _gauge("queue_oldest_age_seconds", "Age of the oldest queued run.", max(0.0, time.time() - oldest))
        live = _labelled("runs_live", "Runs that hold a slot.", "state")
        for state in sorted(LIVE):
            live.add_metric([state], standing.get(state, (0, 0.0))[0])
        yield live
        pending = _labelled("pending", "What has happened, or is to be told, and waits.", "kind")
        for kind, number in waiting.items():
            pending.add_metric([kind], number)
        yield pending
        yield self._components()
        if self._collector is not None:
            at = self._collector.looked_at
            yield _gauge("collector_last_look_timestamp_seconds", "When all live runs were last looked at.", at)
        yield _gauge("streams_open", "Event and log streams that are open.", streams)
        yield _gauge("database_size_bytes", "What the database takes on the disk.", retention.size(self._database.path))
        yield from self._past()
        info = _labelled("info", "The version that runs.", "version")
        info.add_metric([self._version], 1)
        yield info

    def _components(self) -> Metric:
        labels = ("component", "location", "environment")
        family = _labelled("component_healthy", "Whether a process of a place is well.", *labels)
        for place, health in self._health.items():
            for name, reason in health.items():
                family.add_metric([name, place.location, place.environment], 0 if reason else 1)
        return family

    def _past(self) -> Iterator[Metric]:
        deleted = CounterMetricFamily(
            "luigi_trigger_retention_runs_deleted", "Old runs that were deleted, by the limit.", labels=["limit"]
        )
        for why, count in sorted(self._housekeeper.runs.items()):
            deleted.add_metric([why], count)
        yield deleted
        freed = CounterMetricFamily("luigi_trigger_retention_freed_bytes", "Given back to the disk.")
        freed.add_metric([], self._housekeeper.freed)
        yield freed
        last = self._housekeeper.last
        if last is not None:
            yield _gauge(
                "retention_last_look_timestamp_seconds", "When old runs were last looked for.", last.finished_at
            )
            yield _gauge("runs_kept", "Runs that have ended and are kept, at that look.", last.kept)
            yield _gauge("run_folders_size_bytes", "What the folders of runs took on the disk then.", last.folders)


class _Families:
    """A registry for `generate_latest` of what was collected, without the series that say when each one was made."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """All families."""
        for family in self._families:
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family


def _text(families: Iterable[Metric]) -> bytes:
    return bytes(generate_latest(_Families(families)))


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"luigi_trigger_{name}", text, value=value)


def _labelled(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"luigi_trigger_{name}", text, labels=labels)
