"""Runs and tasks for tests of their page; time is seconds since the epoch."""

from trigger_service.domain.run import Run, TaskExecution, Trigger
from trigger_service.web.pages.task_rows import TaskTable

BEGAN = 1_000.0


def run(state="running", **more):
    """A run that began at BEGAN."""
    shown = {"started_at": BEGAN, "attempt": 1, **more}
    return Run("r1", state, "Root", "shop", {}, {}, "Root_1", Trigger("cli", "ada"), BEGAN - 1, **shown)


def task(name, status="pending", needs=(), start=None, end=None, **more):
    """The task `name`, which is its id; its family is what stands before the underscore."""
    family, _, number = name.partition("_")
    more.setdefault("parameters", {"n": number} if number else {})
    times = {"started_at": start, "finished_at": end, "executions": 0 if start is None else 1}
    return TaskExecution("r1", 1, name, family, status, dependencies=tuple(needs), **{**times, **more})


def table(tasks, of=None, medians=None, now=BEGAN + 60, chosen=""):
    """Their table."""
    return TaskTable(of or run(), tasks, medians or {}, now, chosen)
