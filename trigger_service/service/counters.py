"""What the metrics count from the start of the service on, in the series that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.process_collector import ProcessCollector

from trigger_service.store.meter import Change

#: Pipelines that have series of their own; all that come later share those of `OTHERS`. A name comes from the
#: catalogue, so that no request can make one up.
MOST_PIPELINES = 100
OTHERS = "_others"
_START_S = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0)
_TOOK_S = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0)
_LAG_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)


class Counters:
    """For any thread that adds; `registry` has them all, and those of the process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        count, spread = partial(Counter, registry=self.registry), partial(Histogram, registry=self.registry)
        self._finished = count("luigi_trigger_runs_finished", "Runs that have ended.", ("pipeline", "state"))
        self._start = spread(
            "luigi_trigger_run_start_delay_seconds", "From a run's acceptance to its first start.", buckets=_START_S
        )
        self._took = spread(
            "luigi_trigger_run_duration_seconds", "From a run's first start to its end.", ("pipeline",), buckets=_TOOK_S
        )
        self._tasks = count("luigi_trigger_tasks_finished", "Tasks executed.", ("pipeline", "status"))
        self._task_took = spread(
            "luigi_trigger_task_duration_seconds", "Time a task took that was done.", ("pipeline",), buckets=_TOOK_S
        )
        self._lost = count("luigi_trigger_attempts_lost", "Attempts that ended without a word.", ("pipeline",))
        self._lag = spread(
            "luigi_trigger_ingest_lag_seconds", "Age of what a child reported when it was stored.", buckets=_LAG_S
        )
        self._fires = count("luigi_trigger_fires", "Fires of schedules, by what has become of them.", ("outcome",))
        self._deliveries = count(
            "luigi_trigger_deliveries", "Deliveries of sensors, by what has become of them.", ("source", "outcome")
        )
        self._parts = count("luigi_trigger_backfill_parts", "Parts of backfills that are over.", ("outcome",))
        self._messages = count("luigi_trigger_messages", "Messages that are told, or given up.", ("outcome",))
        self._show()
        self._pipelines: set[str] = set()

    def _show(self) -> None:
        """Have what has not happened yet seen as 0: the increase from nothing to one is none to Prometheus."""
        for outcome in ("started", "skipped", "failed", "missed"):
            self._fires.labels(outcome)
        for source, outcome in product(("webhook", "file", "pipeline"), ("started", "skipped", "failed")):
            self._deliveries.labels(source, outcome)
        for outcome in ("succeeded", "skipped", "failed", "cancelled"):
            self._parts.labels(outcome)
        for outcome in ("sent", "folded", "failed"):
            self._messages.labels(outcome)

    def add_lag(self, seconds: float) -> None:
        """Reports of a child have been stored; the oldest of them was so old."""
        self._lag.observe(max(0.0, seconds))

    def add_change(self, change: Change) -> None:
        """A run has come to a state."""
        pipeline = self._label(change.pipeline)
        if change.lost:
            self._lost.labels(pipeline).inc()
        if change.state == "running" and change.started_at is not None and change.before == "starting":
            self._start.observe(max(0.0, change.time - change.created_at))
        if change.final:
            self._finished.labels(pipeline, change.state).inc()
            if change.started_at is not None:
                self._took.labels(pipeline).observe(max(0.0, change.time - change.started_at))

    def add_tasks(self, pipeline: str, executed: Iterable[tuple[str, float | None]]) -> None:
        """A run has executed tasks: status, and seconds where they are known."""
        label = self._label(pipeline)
        for status, seconds in executed:
            self._tasks.labels(label, status).inc()
            if status == "done" and seconds is not None:
                self._task_took.labels(label).observe(max(0.0, seconds))

    def add_fires(self, outcome: str, number: int = 1) -> None:
        """Fires of schedules have come to an outcome."""
        self._fires.labels(outcome).inc(number)

    def add_delivery(self, source: str, outcome: str) -> None:
        """A delivery has come to an outcome."""
        self._deliveries.labels(source, outcome).inc()

    def add_parts(self, outcomes: Mapping[str, int]) -> None:
        """Parts of backfills are over: how many, by outcome."""
        for outcome, number in outcomes.items():
            self._parts.labels(outcome).inc(number)

    def add_messages(self, outcome: str, number: int = 1) -> None:
        """Messages have come to an outcome."""
        self._messages.labels(outcome).inc(number)

    def _label(self, pipeline: str) -> str:
        if pipeline not in self._pipelines:
            if len(self._pipelines) >= MOST_PIPELINES:
                return OTHERS
            self._pipelines.add(pipeline)
        return pipeline
