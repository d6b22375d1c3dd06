"""A run as a row of a list: how long it took against the others of its pipeline, what pulled it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from trigger_service.domain.run import LIVE, Run
from trigger_service.web.pages.run_facts import LATE, Pulled, pulled
from trigger_service.web.pages.times import brief
from trigger_service.web.replies import iso

#: What an error is called that a task has raised.
TASK_FAILED = "TaskFailed"
#: Of an error, characters of its first line; and shares of a bar that the median and the tip of a live one take.
_ERROR, _EDGE, _TIP = 400, 0.02, 2.5
#: A run that is shorter than this many seconds is not late.
_SHORT_S = 10.0


@dataclass(frozen=True)
class Bar:
    """Percent of the width: how far it goes, and where the median stands."""

    end: float
    median: float
    words: str

    @property
    def tip(self) -> float:
        """Where the solid tip of a live one begins."""
        return max(0.0, self.end - _TIP)


@dataclass(frozen=True)
class RunRow:
    """One run of the list."""

    run: Run
    #: Seconds that runs of its pipeline take in the middle; None where none has succeeded.
    median: float | None
    now: float
    #: `stuck` or `late`, where the overview says so of it.
    trouble: str = ""

    @property
    def is_live(self) -> bool:
        """Whether something of it may still run."""
        return self.run.state in LIVE

    @property
    def seconds(self) -> float | None:
        """How long it took, or has lasted."""
        if self.run.started_at is None:
            return None
        ended = self.now if self.is_live else self.run.finished_at
        return None if ended is None else max(0.0, ended - self.run.started_at)

    @property
    def took(self) -> str:
        """The same in words."""
        return "" if self.seconds is None else brief(self.seconds)

    @property
    def state(self) -> str:
        """Its own, or that it is stuck, or late: overdue, or running longer than usual."""
        if self.trouble:
            return self.trouble
        if self.run.state != "running" or self.median is None or self.seconds is None:
            return self.run.state
        return "late" if self.seconds > max(LATE * self.median, _SHORT_S) else "running"

    @property
    def bar(self) -> Bar | None:
        """Its duration beside the median; None where there is none of them."""
        lasted, median = self.seconds, self.median
        if lasted is None or median is None:
            return None
        longest = max(lasted, median) * (1 + _EDGE) or 1.0
        words = f"{brief(lasted)}; runs of this pipeline take {brief(median)} in the middle"
        return Bar(round(100 * lasted / longest, 1), round(100 * median / longest, 1), words)

    @property
    def pulled(self) -> Pulled:
        """What pulled its trigger; of a retry, the run that it retries."""
        if self.run.retry_of:
            return Pulled("retry", "retry", f"of {self.run.retry_of[:13]}", f"/runs/{self.run.retry_of}")
        return pulled(self.run)

    @property
    def error(self) -> str:
        """The first line of why it failed."""
        if self.run.state != "failed":
            return ""
        if self.run.error is None:
            return self.run.reason
        first = next((line for line in self.run.error.message.splitlines() if line.strip()), "").strip()
        # of a task that failed, the message begins with the class of its own error
        told = f"{self.run.error.type}: {first}" if first and self.run.error.type != TASK_FAILED else first
        told = told or self.run.error.type
        return told if len(told) <= _ERROR else f"{told[:_ERROR]} ..."

    def cells(self) -> tuple[object, ...]:
        """The values of a file's columns."""
        run = self.run
        return (
            run.id, run.state, run.pipeline, dict(run.texts), run.trigger.kind, run.trigger.by, dict(run.labels),
            run.location, run.environment, iso(run.created_at), iso(run.started_at), iso(run.finished_at), self.seconds,
            run.progress.total, run.progress.done, run.progress.failed, self.error or run.reason,
        )  # fmt: skip


COLUMNS = (
    "id", "state", "pipeline", "parameters", "trigger", "by", "labels", "location", "environment", "created_at",
    "started_at", "finished_at", "duration_s", "tasks", "tasks_done", "tasks_failed", "reason",
)  # fmt: skip
