"""A calendar: of which values of one parameter a task is complete, the others being fixed. Nothing is run.

By `bulk_complete` where the class has one for this parameter, as Luigi's own Range tools use it; otherwise each task is
asked by itself, as a plan asks it.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Set, Tuple, Union

import luigi
from luigi.parameter import Parameter

from trigger_service.domain.calendars import Answer, Question
from trigger_service.domain.errors import InvalidParameters
from trigger_service.domain.mistakes import cut
from trigger_service.domain.pointers import Pointer
from trigger_service.domain.spec import RunSpec
from trigger_service.runner.asking import Asking
from trigger_service.runner.loading import TaskClass
from trigger_service.runner.parameters import default_of, read_value
from trigger_service.runner.planning import TimeIsUp, fault_of

#: Values whose problems are told.
MOST_PROBLEMS = 20
#: Values whose tasks are made before the first of them is asked: their targets are then asked in bulk.
TOGETHER = 1_000
#: Of a reason, so that a calendar of ten thousand stays small.
MOST_CHARACTERS = 300


class Surveying(Asking):
    """One calendar in this process."""

    def __init__(
        self,
        spec: RunSpec,
        secrets: Mapping[str, str],
        write: Callable[[Dict[str, Any]], object],
        question: Question,
    ) -> None:
        super().__init__(spec, secrets, write)
        self._question = question

    def _ask_about(self, root: luigi.Task) -> None:
        self._privacy.learn(root, is_root=True)
        cls = type(root)
        readable, problems = self._read(cls)
        if problems:
            self._write({"problems": problems})
            return
        self._write({"values": [shown for _, shown in readable]})
        fixed = {name: value for name, value in root.param_kwargs.items() if name != self._question.parameter}
        values = [value for value, _ in readable]
        complete = self._in_bulk(cls, fixed, values)
        if complete is not None:
            self._say(_of_bulk(value in complete) for value in values)
            return
        for start in range(0, len(values), TOGETHER):
            made = [self._made(cls, fixed, value) for value in values[start : start + TOGETHER]]
            self._walker.foresight.ahead([task for task in made if isinstance(task, luigi.Task)])
            self._say(map(self._answer, made))
            self._walker.foresight.end()

    def _say(self, answers: Iterable[Answer]) -> None:
        for answer in answers:
            reason = " ".join(self._privacy.mask.text(answer.reason).split())
            self._write({"answer": [answer.status, cut(reason, MOST_CHARACTERS)]})

    def _read(self, cls: TaskClass) -> Tuple[List[Tuple[Any, Any]], List[Dict[str, str]]]:
        """Each value, and its JSON, once, in the order of the question; or what is wrong with some."""
        parameter = dict(cls.get_params())[self._question.parameter]
        found: Dict[str, Tuple[Any, Any]] = {}
        problems: List[Dict[str, str]] = []
        for index, given in enumerate(self._question.values):
            try:
                value, shown = self._alarm.guard(partial(self._value, cls, parameter, given))
                found.setdefault(json.dumps(shown, sort_keys=True), (value, shown))
            except InvalidParameters as error:
                pointer = str(Pointer.of("values", index))
                problems += [{"pointer": pointer, "detail": problem.detail} for problem in error.problems]
                if len(problems) >= MOST_PROBLEMS:
                    break
        return list(found.values()), problems

    def _value(self, cls: TaskClass, parameter: Parameter, given: Any) -> Tuple[Any, Any]:
        return read_value(cls, self._question.parameter, parameter, given)

    def _in_bulk(self, cls: TaskClass, fixed: Mapping[str, Any], values: List[Any]) -> Optional[Set[Any]]:
        """Those of the values for which the class says in one go that it is complete; None where it cannot."""
        positional = [name for name, parameter in cls.get_params() if parameter.positional]
        own: Any = getattr(cls.bulk_complete, "__func__", None)
        is_luigis = own is None or own is luigi.Task.bulk_complete.__func__
        if is_luigis or positional[:1] != [self._question.parameter]:
            return None
        given = {name: value for name, value in fixed.items() if not _is_default(cls, name, value)}
        make: Callable[..., luigi.Task] = cls
        asked = partial(make, **given) if given else cls
        self._walker.asked = (cls.get_task_family(), "bulk_complete")
        try:
            return set(self._alarm.guard(lambda: list(own(asked, list(values)))))
        except TimeIsUp:
            raise
        except BaseException:  # then each is asked by itself, and says what is wrong
            return None

    def _made(self, cls: TaskClass, fixed: Mapping[str, Any], value: Any) -> Union[luigi.Task, Answer]:
        """The task of one value, or why there is none."""
        self._walker.asked = (cls.get_task_family(), "__init__")
        try:
            task: luigi.Task = self._alarm.guard(lambda: cls(**fixed, **{self._question.parameter: value}))
        except TimeIsUp:
            raise
        except BaseException as error:
            fault = fault_of(error, None, "__init__")
            return Answer("unknown", f"it cannot be made: {fault.type}: {fault.message}")
        return task

    def _answer(self, made: Union[luigi.Task, Answer]) -> Answer:
        """What a task says of itself."""
        if isinstance(made, Answer):
            return made
        said = self._walker.completeness(made)
        if said.complete is None:
            return Answer("unknown", f"{said.why}: {said.fault.message}" if said.fault else said.why)
        return Answer("complete" if said.complete else "missing", said.why)


def _of_bulk(named: bool) -> Answer:
    return Answer("complete" if named else "missing", f"bulk_complete() {'names' if named else 'does not name'} it")


def _is_default(cls: TaskClass, name: str, value: Any) -> bool:
    """Whether a value need not be given; Luigi's tools bind only those of a task that were given."""
    try:
        has_default, default = default_of(cls, name, dict(cls.get_params())[name])
        return has_default and bool(default == value)
    except BaseException:  # users' code may raise anything
        return False
