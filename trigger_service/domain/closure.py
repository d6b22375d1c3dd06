"""Which tasks have to be built again when targets are taken away: all that was built from them, by what is on record.

Pure; no code of users is asked.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Callable, Collection, Deque, Dict, Iterable, List, Mapping, Optional, Set, Tuple

from trigger_service.domain.place import Place
from trigger_service.domain.run import Run, TaskExecution


@dataclass(frozen=True)
class Maker:
    """A task on record, and what it has built from what."""

    place: Place
    module: str
    task_id: str
    family: str
    #: Public parameters as Luigi serializes them.
    parameters: Mapping[str, str]
    #: As they are on record: canonical URLs where the catalogue of targets has them.
    outputs: Tuple[str, ...] = ()
    #: URLs of what it has read, or was to read.
    inputs: Tuple[str, ...] = ()
    #: Ids of tasks that it requires.
    requires: Tuple[str, ...] = ()
    #: Whether it is the root of the run whose private values are at hand.
    root: bool = False

    @property
    def key(self) -> Tuple[Place, str]:
        """Unlike that of any other task."""
        return self.place, self.task_id


#: Gives, of some URLs, the tasks that have built, or read, any of them; and all that each of these has built and read.
Look = Callable[[Collection[str]], Iterable[Maker]]


def of_urls(urls: Collection[str], makers: Look, readers: Look) -> Tuple[Maker, ...]:
    """The tasks that have built these targets, and whatever was built from those, in every pipeline.

    A task is taken as a whole: also what was built from its other targets. Those that are required stand first.
    """
    found = {maker.key: maker for maker in makers(urls)}
    known = set(urls).union(*(maker.outputs for maker in found.values()))
    frontier: Collection[str] = known
    while frontier:
        fresh: Set[str] = set()
        for reader in readers(sorted(frontier)):
            if reader.key not in found:
                found[reader.key] = reader
                fresh.update(reader.outputs)
        frontier = fresh - known
        known |= fresh
    return ordered(_with_requirements(found.values()))


def of_run(run: Run, executions: Iterable[TaskExecution], from_task: Optional[str] = None) -> Tuple[Maker, ...]:
    """The tasks of a run's newest attempt: all, or one and those that require it, directly or not.

    Empty where the attempt has no such task.
    """
    tasks = [_maker(run, task) for task in executions]
    if from_task is None:
        return ordered(tasks)
    requiring: Dict[str, List[Maker]] = {}
    for task in tasks:
        for required in task.requires:
            requiring.setdefault(required, []).append(task)
    found = {task.task_id: task for task in tasks if task.task_id == from_task}
    waiting: Deque[str] = deque(found)
    while waiting:
        for task in requiring.get(waiting.popleft(), ()):
            if task.task_id not in found:
                found[task.task_id] = task
                waiting.append(task.task_id)
    return ordered(found.values())


def ordered(makers: Iterable[Maker]) -> Tuple[Maker, ...]:
    """What is required before what requires it; a circle, which records of different times may make, is cut open."""
    tasks = {maker.key: maker for maker in makers}
    done: Dict[Tuple[Place, str], Maker] = {}
    for key in tasks:
        stack = [(key, False)]
        open_: Set[Tuple[Place, str]] = set()
        while stack:
            current, left = stack.pop()
            if left:
                done.setdefault(current, tasks[current])
                continue
            if current in done or current in open_:
                continue
            open_.add(current)
            stack.append((current, True))
            required = [(current[0], task_id) for task_id in tasks[current].requires]
            stack += [(other, False) for other in reversed(required) if other in tasks]
    return tuple(done.values())


def _maker(run: Run, task: TaskExecution) -> Maker:
    return Maker(
        run.place,
        run.module,
        task.task_id,
        task.family,
        task.parameters,
        outputs=tuple(task.outputs),
        requires=tuple(task.dependencies),
        root=task.task_id == run.task_id,
    )


def _with_requirements(makers: Iterable[Maker]) -> List[Maker]:
    """Each requires, of its own place, the builders of what it has read."""
    found = list(makers)
    builders: Dict[str, List[Maker]] = {}
    for maker in found:
        for url in maker.outputs:
            builders.setdefault(url, []).append(maker)
    return [
        replace(
            maker,
            requires=tuple(
                dict.fromkeys(
                    builder.task_id
                    for url in maker.inputs
                    for builder in builders.get(url, ())
                    if builder.place == maker.place and builder.task_id != maker.task_id
                )
            ),
        )
        for maker in found
    ]
