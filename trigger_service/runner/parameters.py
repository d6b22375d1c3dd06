"""From a request's JSON values to a task, as the parameters' own classes read them, and from the task back.

A value becomes the text that the command line would take, the class's own `parse` and `normalize` judge it, and every
problem of a request is told at once. The value of a parameter that is not public shows up in `secrets` only.
"""

from __future__ import annotations

import difflib
import json
import math
import warnings
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple

import luigi
from luigi.freezing import FrozenOrderedDict
from luigi.parameter import Parameter

from trigger_service.domain.errors import InvalidParameters, Problem
from trigger_service.runner.loading import TaskClass
from trigger_service.runner.privacy import is_private, mask_of_defaults, texts_of
from trigger_service.runner.schemas import expectation, is_optional, kind_of

_SHOWN_CHARACTERS = 200


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
    reading = _Reading()
    for name in given:
        if name not in known:
            reading.problems.append(_unknown(name, known))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, parameter in known.items():
            _read(cls, name, parameter, given, reading)
        if reading.problems:
            raise InvalidParameters(reading.problems)
        task = _build(cls, known, reading)
        return _judged(task, known, reading)


def default_of(cls: TaskClass, name: str, parameter: Parameter) -> Tuple[bool, Any]:
    """Whether there is a default (from the class or from luigi.cfg), and which; raises what parsing it raises."""
    family = cls.get_task_family()
    if not parameter.has_task_value(family, name):
        return False, None
    return True, parameter.task_value(family, name)


def to_json(parameter: Parameter, value: Any) -> Any:
    """A parameter's value as JSON; its text where JSON has no form of its own for it."""
    kind = kind_of(parameter)
    if value is None:
        return None
    if kind in ("boolean", "integer", "number", "bounded", "choice") and _is_json_scalar(value):
        return value
    if kind in ("list", "tuple", "object") and isinstance(value, (list, tuple, dict, FrozenOrderedDict)):
        return json.loads(parameter.serialize(value))
    if kind == "enums":
        return [member.name for member in value]
    if kind == "choices":
        return [item if _is_json_scalar(item) else str(item) for item in value]
    return parameter.serialize(value)


def _read(cls: TaskClass, name: str, parameter: Parameter, given: Mapping[str, Any], reading: _Reading) -> None:
    """Understand one parameter: from the request, or see that it has a default."""
    pointer = "/parameters/" + name.replace("~", "~0").replace("/", "~1")
    secret = is_private(parameter)
    try:
        has_default, default = default_of(cls, name, parameter)
    except Exception as error:
        why = "" if secret else f": {_told(error)}"
        reading.problems.append(Problem(pointer, f"its default, in the code or in luigi.cfg, cannot be used{why}"))
        return
    if name not in given:
        if not has_default:
            reading.problems.append(Problem(pointer, f"is required: {expectation(parameter)}"))
        return
    if has_default and _names_the_default(parameter, default, given[name]):
        return
    problem = _parse(name, parameter, given[name], reading)
    if problem is not None:
        reading.problems.append(Problem(pointer, problem))


def _parse(name: str, parameter: Parameter, value: Any, reading: _Reading) -> Optional[str]:
    """Put the parsed value and its text into `reading`, or give the detail of what is wrong with it."""
    kind = kind_of(parameter)
    failure: Optional[Exception] = None
    for text in _texts(parameter, kind, value):
        try:
            parsed = parameter.parse(text)
            normalized = parameter.normalize(parsed)
        except Exception as error:
            failure = failure or error
            continue
        if (normalized is None and not is_optional(parameter)) or not _is_of_kind(kind, normalized):
            continue
        reading.values[name], reading.texts[name] = parsed, text
        return None
    shown = "the value (not public, so not shown)" if is_private(parameter) else _shown(value)
    reason = ""
    if failure is not None and kind in ("own", "path", "task", "object", "list", "tuple") and not is_private(parameter):
        reason = f" ({_told(failure)})"
    return f"{shown} cannot be used: expected {expectation(parameter)}{reason}"


def _texts(parameter: Parameter, kind: str, value: Any) -> List[str]:
    """The texts that the command line would take for a JSON value, in order of preference; none for a wrong type."""
    if isinstance(value, str):
        return [value]
    if value is None:
        return [""] if is_optional(parameter) else []
    if isinstance(value, (bool, int, float)):
        return _number_texts(parameter, kind, value)
    return _structure_texts(kind, value)


def _structure_texts(kind: str, value: Any) -> List[str]:
    if isinstance(value, list) and kind in ("choices", "enums"):
        items = [str(item) for item in value]
        separable = not any("," in item for item in items) and items != [""]
        return [",".join(items)] if separable else []
    if isinstance(value, list) and kind == "tuple":
        # luigi's tuple reads [1, true] only as Python writes it
        return [json.dumps(value), repr(value)]
    matches = kind == "own" or kind == ("list" if isinstance(value, list) else "object")
    return [json.dumps(value)] if matches else []


def _number_texts(parameter: Parameter, kind: str, value: Any) -> List[str]:
    if isinstance(value, bool):
        return ["true" if value else "false"] if kind in ("boolean", "own") else _choice_texts(parameter, kind, value)
    if kind == "integer" or (kind == "bounded" and parameter._var_type is int):
        return [str(int(value))] if math.isfinite(value) and value == int(value) else []
    if kind in ("number", "bounded", "duration", "own"):
        return [repr(value)]
    return _choice_texts(parameter, kind, value)


def _choice_texts(parameter: Parameter, kind: str, value: Any) -> List[str]:
    """The text of a choice that is no string, if it is one of the choices as it stands."""
    if kind != "choice" or not any(type(choice) is type(value) and choice == value for choice in parameter._choices):
        return []
    return [str(value)]


def _is_of_kind(kind: str, value: Any) -> bool:
    """Luigi's object parameter takes a list as well; nobody means that."""
    return kind != "object" or value is None or isinstance(value, (dict, FrozenOrderedDict))


def _names_the_default(parameter: Parameter, default: Any, value: Any) -> bool:
    """Whether a given value stands for a default that no text can express, as an earlier answer showed it."""
    if _round_trip(parameter, default) is not None:
        return False
    try:
        shown = to_json(parameter, default)
    except Exception:
        return False
    return type(shown) is type(value) and bool(shown == value)


def _build(cls: TaskClass, known: Mapping[str, Parameter], reading: _Reading) -> luigi.Task:
    try:
        return cls(**reading.values)
    except Exception as error:
        mask = mask_of_defaults()
        for name in reading.texts:
            if is_private(known[name]):
                mask.learn(name, [reading.texts[name], *texts_of(known[name], reading.values[name])])
        told = mask.text(_told(error))
        raise InvalidParameters([Problem("/parameters", f"{cls.__name__} cannot be made: {told}")]) from error


def _judged(task: luigi.Task, known: Mapping[str, Parameter], reading: _Reading) -> Judged:
    parameters: Dict[str, Any] = {}
    texts: Dict[str, str] = {}
    for name, value in task.param_kwargs.items():
        if is_private(known[name]):
            continue
        text = _round_trip(known[name], value)
        if text is None:
            text = reading.texts.get(name)
        if text is not None:
            texts[name] = text
        parameters[name] = _json_or_text(known[name], value, text)
    secrets = {name: text for name, text in reading.texts.items() if is_private(known[name])}
    return Judged(parameters, texts, task.task_id, secrets)


def _round_trip(parameter: Parameter, value: Any) -> Optional[str]:
    """Luigi's text for a value, if reading it gives the same value again."""
    try:
        text = parameter.serialize(value)
        again = parameter.normalize(parameter.parse(text))
        return text if isinstance(text, str) and type(again) is type(value) and bool(again == value) else None
    except Exception:
        return None


def _json_or_text(parameter: Parameter, value: Any, text: Optional[str]) -> Any:
    """JSON that gives the value when it is sent again."""
    try:
        shown = to_json(parameter, value)
    except Exception:
        shown = str(value)
    return text if isinstance(shown, str) and text is not None else shown


def _unknown(name: str, known: Mapping[str, Parameter]) -> Problem:
    pointer = "/parameters/" + name.replace("~", "~0").replace("/", "~1")
    nearest = difflib.get_close_matches(name.replace("-", "_"), list(known), n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    names = ", ".join(known) if known else "none"
    return Problem(pointer, f"there is no parameter {_shown(name)}{hint or f'; there are: {names}'}")


def _is_json_scalar(value: Any) -> bool:
    return isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value))


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."


def _told(error: BaseException) -> str:
    text = str(error) or "no message"
    return f"{type(error).__name__}: {text[:500]}"
