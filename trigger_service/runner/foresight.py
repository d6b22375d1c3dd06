"""Lets targets find out in bulk whether they exist, before Luigi asks the tasks one by one.

Targets that are far away, each question being a request, have a class method `foresee(targets)`, which says of each
whether it exists; `exists()` then answers from that, until the class method `forget()` is called. A target that only
asks another one names it as `decided_by`. That is all that is known of them here. Other targets are asked one by one.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, Iterable, Iterator, List, Sequence, Set, Tuple

import luigi
from luigi.task import flatten
from luigi.worker import Worker

#: Puts a question to user code; raises what that raises.
Guard = Callable[[Callable[[], Any]], Any]


def _straight(question: Callable[[], Any]) -> Any:
    return question()


def _can_be_foreseen(target: Any) -> bool:
    return hasattr(type(target), "foresee")


class Foresight:
    """One pass of questions after the other: `ahead` whenever tasks become known, `end` when all are asked."""

    def __init__(self, guard: Guard = _straight, say: Callable[[str, str], object] = lambda *_: None) -> None:
        """`say` is told the id and the method of what is asked next."""
        self._guard = guard
        self._say = say
        self._foreseeing: Set[type] = set()
        #: Classes of tasks whose targets are asked one by one.
        self._plain: Set[type] = set()
        self._seen: Set[str] = set()

    def ahead(self, tasks: Sequence[luigi.Task]) -> None:
        """These tasks are about to be asked; what fails here is found again, and told, when they are.

        Those of which something is missing will be asked what they require next: so that is looked at too.
        """
        while tasks:
            outputs = self._outputs(tasks)
            missing = self.look([target for _, targets in outputs for target in targets])
            lacking = [task for task, targets in outputs if any(id(target) in missing for target in targets)]
            tasks = [dep for task in lacking for dep in self._of(task, "deps")] if len(lacking) > 1 else []

    def look(self, targets: Sequence[Any]) -> Set[int]:
        """Ask for those that can be asked in bulk; gives the ids (`id()`) of those of them that do not exist.

        A single one is as well asked by itself.
        """
        groups: Dict[type, List[Any]] = {}
        for target in filter(_can_be_foreseen, targets):
            groups.setdefault(type(target), []).append(target)
        missing: Set[int] = set()
        for cls, members in groups.items():
            if len(members) > 1:
                self._foreseeing.add(cls)
                answers = self._asked(partial(cls.foresee, members))  # type: ignore[attr-defined]
                missing.update(id(target) for target, exists in zip(members, answers) if not exists)  # noqa: B905
        return missing

    def end(self) -> None:
        """What was found out holds no longer."""
        for cls in self._foreseeing:
            cls.forget()  # type: ignore[attr-defined]
        self._foreseeing.clear()
        self._seen.clear()

    def _outputs(self, tasks: Iterable[luigi.Task]) -> List[Tuple[luigi.Task, List[Any]]]:
        """The tasks, and those that they wrap, each with its targets that can be asked in bulk."""
        found: List[Tuple[luigi.Task, List[Any]]] = []
        for task in tasks:
            cls = type(task)
            if cls in self._plain or not isinstance(task, luigi.Task) or task.task_id in self._seen:
                continue
            self._seen.add(task.task_id)
            if cls.complete is luigi.WrapperTask.complete:
                found += self._outputs(self._of(task, "deps"))
            elif cls.complete is luigi.Task.complete:
                deciding = [getattr(each, "decided_by", each) for each in self._of(task, "output")]
                targets = [each for each in deciding if _can_be_foreseen(each)]
                if targets:
                    found.append((task, targets))
                else:
                    self._plain.add(cls)
            else:
                self._plain.add(cls)
        return found

    def _of(self, task: luigi.Task, method: str) -> List[Any]:
        self._say(task.task_id, method)
        return self._asked(getattr(task, method))

    def _asked(self, question: Callable[[], Any]) -> List[Any]:
        try:
            return list(self._guard(lambda: flatten(question())))
        except Exception:
            return []


class ForeseeingWorker(Worker):
    """Luigi's worker, which lets the targets of all tasks that it is about to ask be asked in bulk."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._foresight = Foresight()

    def add(self, task: luigi.Task, multiprocess: bool = False, processes: int = 0) -> bool:
        """As stock; what was found out ahead holds until all tasks of the tree have been asked."""
        self._foresight.ahead([task])
        try:
            return bool(super().add(task, multiprocess, processes))
        finally:
            self._foresight.end()

    def _add(self, task: luigi.Task, is_complete: Any) -> Iterator[luigi.Task]:
        required = list(super()._add(task, is_complete))
        self._foresight.ahead(required)
        yield from required
