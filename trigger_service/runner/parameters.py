"""From a request's JSON values to a task, as the parameters' own classes read them, and from the task back.

A value becomes the text that the command line would take, the class's own `parse` and `normalize` judge it, and every
problem of a request is told at once. The value of a parameter that is not public shows up in `secrets` only.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple

import luigi
from luigi.freezing import FrozenOrderedDict
from luigi.parameter import MissingParameterException, Parameter

from trigger_service.domain.errors import InvalidParameters, Problem
from trigger_service.runner import faults
from trigger_service.runner.kinds import is_optional, kind_of
from trigger_service.runner.loading import TaskClass
from trigger_service.runner.privacy import is_private, mask_of_defaults, texts_of
from trigger_service.runner.texts import keeps, round_trip, texts_for, to_json
from trigger_service.runner.tracebacks import told

#: There is no default: None may be one.
_NOTHING = object()


@dataclass(frozen=True)
class Judged:
    """A request's parameters as the task's own classes understand them."""

    #: JSON values of the public parameters, normalized, defaults filled in.
    parameters: Mapping[str, Any]
    #: The same as texts for `from_str_params`. A default that no text can express (None, for instance) is left out,
    #: so that the child fills it in as luigi does.
    texts: Mapping[str, str]
    task_id: str
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Reading:
    """What has been understood of a request so far."""

    values: Dict[str, Any] = field(default_factory=dict)
    texts: Dict[str, str] = field(default_factory=dict)
    problems: List[Problem] = field(default_factory=list)


def judge(cls: TaskClass, given: Mapping[str, Any]) -> Judged:
    """Build the task that a request asks for; raises InvalidParameters with every problem of the request."""
    known: Dict[str, Parameter] = dict(cls.get_params())
    reading = _Reading(problems=[faults.unknown(name, known) for name in given if name not in known])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, parameter in known.items():
            if name in given:
                _read(cls, name, parameter, given[name], reading)
            else:
                reading.problems += _without(cls, name, parameter)
        if reading.problems:
            raise InvalidParameters(reading.problems)
        task = _build(cls, known, reading)
        return _judged(task, known, reading)


def read_value(cls: TaskClass, name: str, parameter: Parameter, given: Any) -> Tuple[Any, Any]:
    """One value as a task of the class would have it, and its JSON; raises InvalidParameters."""
    reading = _Reading()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _read(cls, name, parameter, given, reading)
        if reading.problems:
            raise InvalidParameters(reading.problems)
        if name not in reading.values:  # it names the default, which no text can express
            value = default_of(cls, name, parameter)[1]
            return value, _json_or_text(parameter, value, None)
        value = parameter.normalize(reading.values[name])
        return value, _json_or_text(parameter, value, round_trip(parameter, value) or reading.texts[name])


def default_of(cls: TaskClass, name: str, parameter: Parameter) -> Tuple[bool, Any]:
    """Whether there is a default (from the class or from luigi.cfg), and which; raises what parsing it raises."""
    try:
        return True, parameter.task_value(cls.get_task_family(), name)
    except MissingParameterException:
        return False, None


def _without(cls: TaskClass, name: str, parameter: Parameter) -> List[Problem]:
    """What is wrong with giving nothing for a parameter."""
    try:
        has_default, _ = default_of(cls, name, parameter)
    except BaseException as error:
        return [faults.bad_default(name, parameter, error)]
    return [] if has_default else [faults.missing(name, parameter)]


def _read(cls: TaskClass, name: str, parameter: Parameter, value: Any, reading: _Reading) -> None:
    """Put the parsed value and its text into `reading`, or what is wrong with it."""
    default = _default(cls, name, parameter)
    if _names_the_default(parameter, default, value):
        return
    kind = kind_of(parameter)
    nullable = is_optional(parameter) or default is None
    failure: Optional[BaseException] = None
    against_schema: List[Problem] = []
    for text in texts_for(parameter, kind, value):
        try:
            parsed = parameter.parse(text)
            if not _is_meant(kind, nullable, value, parsed):
                continue
            against_schema = faults.against_schema(name, parameter, parsed)
            parameter.normalize(parsed)
        except BaseException as error:  # users' code may raise anything, SystemExit included
            failure = failure or error
            continue
        reading.values[name], reading.texts[name] = parsed, text
        return
    reading.problems += against_schema or [faults.refused(name, parameter, value, failure)]


def _is_meant(kind: str, nullable: bool, value: Any, parsed: Any) -> bool:
    """Whether luigi read what the value says: it also takes null for any list, and a list for an object."""
    if kind == "own":
        return keeps(kind, value, parsed)
    if parsed is None and nullable:
        return True
    if parsed is None or (kind == "object" and not isinstance(parsed, (dict, FrozenOrderedDict))):
        return False
    return isinstance(value, str) or keeps(kind, value, parsed)


def _default(cls: TaskClass, name: str, parameter: Parameter) -> Any:
    """The default, or `_NOTHING`; one that cannot be used does not matter where a value is given."""
    try:
        has_default, default = default_of(cls, name, parameter)
    except BaseException:
        return _NOTHING
    return default if has_default else _NOTHING


def _names_the_default(parameter: Parameter, default: Any, value: Any) -> bool:
    """Whether a given value stands for a default that no text can express, as an earlier answer showed it."""
    if default is _NOTHING or (default is not None and round_trip(parameter, default) is not None):
        return False
    try:
        shown = to_json(parameter, default)
    except BaseException:
        return False
    return type(shown) is type(value) and bool(shown == value)


def _build(cls: TaskClass, known: Mapping[str, Parameter], reading: _Reading) -> luigi.Task:
    try:
        return cls(**reading.values)
    except BaseException as error:
        mask = mask_of_defaults()
        for name in reading.texts:
            if is_private(known[name]):
                mask.learn(name, [reading.texts[name], *texts_of(known[name], reading.values[name])])
        why = mask.text(told(error))
        raise InvalidParameters([Problem("/parameters", f"{cls.__name__} cannot be made: {why}")]) from error


def _judged(task: luigi.Task, known: Mapping[str, Parameter], reading: _Reading) -> Judged:
    parameters: Dict[str, Any] = {}
    texts: Dict[str, str] = {}
    for name, value in task.param_kwargs.items():
        if is_private(known[name]):
            continue
        text = round_trip(known[name], value)
        if text is None:
            text = reading.texts.get(name)
        if text is not None:
            texts[name] = text
        parameters[name] = _json_or_text(known[name], value, text)
    secrets = {name: text for name, text in reading.texts.items() if is_private(known[name])}
    return Judged(parameters, texts, task.task_id, secrets)


def _json_or_text(parameter: Parameter, value: Any, text: Optional[str]) -> Any:
    """JSON that gives the value when it is sent again."""
    try:
        shown = to_json(parameter, value)
    except BaseException:
        shown = str(value)
    return text if isinstance(shown, str) and text is not None else shown
