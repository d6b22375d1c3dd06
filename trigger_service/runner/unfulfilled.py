"""How often a dependency of a task was missing when the task was about to run."""

from __future__ import annotations

from typing import Dict


class Unfulfilled(Dict[str, int]):
    """Counts by the dependency's task.

    Luigi counts by a text that has the missing outputs too, so one whose name is another each time is built for ever.
    """

    def __missing__(self, key: str) -> int:
        return self.get(_task_of(key), 0)

    def __setitem__(self, key: str, count: int) -> None:
        super().__setitem__(_task_of(key), count)


def _task_of(unfulfilled: str) -> str:
    return unfulfilled.partition(" (")[0]
