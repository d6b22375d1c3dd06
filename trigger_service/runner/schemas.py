"""What each of luigi's parameter classes accepts, as JSON Schema, in words and by example."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import Any, Dict, List, Optional

from luigi.parameter import OptionalParameterMixin, Parameter

#: Luigi's class -> kind. The first in the order of inheritance counts.
_KINDS = {
    "BoolParameter": "boolean",
    "IntParameter": "integer",
    "FloatParameter": "number",
    "NumericalParameter": "bounded",
    "ChoiceListParameter": "choices",
    "ChoiceParameter": "choice",
    "EnumListParameter": "enums",
    "EnumParameter": "enum",
    "DictParameter": "object",
    "TupleParameter": "tuple",
    "ListParameter": "list",
    "MonthParameter": "month",
    "YearParameter": "year",
    "DateParameter": "date",
    "DateHourParameter": "date-hour",
    "DateMinuteParameter": "date-minute",
    "DateSecondParameter": "date-second",
    "DateIntervalParameter": "date-interval",
    "TimeDeltaParameter": "duration",
    "TaskParameter": "task",
    "PathParameter": "path",
    "StrParameter": "string",
    "Parameter": "string",
}
_DAY = r"\d{4}-\d{1,2}-\d{1,2}"


@dataclass(frozen=True)
class Form:
    """One form of text: what it is called, an example, and its pattern where it has one."""

    words: str
    example: str
    pattern: str = ""


_FORMS = {
    "string": Form("text", "some text"),
    "path": Form("a path", "/data/in.csv"),
    "task": Form("the family of a task", "MyTask"),
    "date": Form("a date YYYY-MM-DD", "2013-01-31", f"^{_DAY}$"),
    "month": Form("a month YYYY-MM", "2013-01", r"^\d{4}-\d{1,2}$"),
    "year": Form("a year YYYY", "2013", r"^\d{4}$"),
    "date-hour": Form("a date and hour YYYY-MM-DDTHH", "2013-01-31T19", rf"^{_DAY}T\d{{1,2}}$"),
    "date-minute": Form(
        "a date, hour and minute YYYY-MM-DDTHHMM", "2013-01-31T1907", rf"^{_DAY}T\d{{1,2}}H?\d{{1,2}}$"
    ),
    "date-second": Form("a date and time YYYY-MM-DDTHHMMSS", "2013-01-31T190738", rf"^{_DAY}T\d{{3,6}}$"),
    "date-interval": Form(
        "a year, month, week, day or two days joined by a dash",
        "2013-W05",
        rf"^(\d{{4}}|\d{{4}}-\d\d|\d{{4}}-W\d\d|{_DAY}|{_DAY}-{_DAY})$",
    ),
    "duration": Form(
        'a number of seconds, "n weeks n days n hours n minutes n seconds" or an ISO 8601 duration', "1 h 30 m"
    ),
    "own": Form("a text that its own parse accepts", ""),
}


def kind_of(parameter: Parameter) -> str:
    """Which of luigi's own forms a parameter has; `own` for a user's class that reads or writes in its own way."""
    ours = ("parse", "serialize", "normalize", "date_format")
    if any(_definer(type(parameter), name) not in ("luigi.parameter", "") for name in ours):
        return "own"
    for base in type(parameter).__mro__:
        if base.__module__ == "luigi.parameter" and base.__name__ in _KINDS:
            return _KINDS[base.__name__]
    return "own"


def is_optional(parameter: Parameter) -> bool:
    """Whether None is one of its values by its class."""
    return isinstance(parameter, OptionalParameterMixin)


def schema_of(parameter: Parameter) -> Dict[str, Any]:
    """The JSON Schema of a parameter's values, without a default."""
    schema = _schema(parameter, kind_of(parameter))
    if is_optional(parameter):
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
        if "type" in schema:
            types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            schema["type"] = [*types, "null"]
    return schema


def expectation(parameter: Parameter) -> str:
    """What is expected, with an example: 'a month YYYY-MM, for example "2013-01"'."""
    kind = kind_of(parameter)
    if kind in _FORMS:
        form = _FORMS[kind]
        return form.words + (f', for example "{form.example}"' if form.example else "")
    if kind in ("choice", "enum", "choices", "enums"):
        values = [_shown(value) for value in choices_of(parameter)]
        listed = ", ".join(values[:20]) + (f" and {len(values) - 20} more" if len(values) > 20 else "")
        example = values[0] if values else '""'
        return (
            f"one of {listed}" if kind in ("choice", "enum") else f"a list of any of {listed}, for example [{example}]"
        )
    simple = {
        "boolean": "true or false",
        "integer": "an integer, for example 5",
        "number": "a number, for example 2.5",
        "object": 'an object, for example {"key": "value"}',
        "list": "a list, for example [1, 2]",
        "tuple": "a list, for example [1, 2]",
    }
    return simple[kind] if kind in simple else _range_words(parameter)


def choices_of(parameter: Parameter) -> List[Any]:
    """What a choice or enum may be, as JSON values in a stable order."""
    if kind_of(parameter).startswith("enum"):
        return [member.name for member in parameter._enum]
    values = [value if _is_scalar(value) else str(value) for value in parameter._choices]
    return sorted(values, key=lambda value: (isinstance(value, str), value))


def _schema(parameter: Parameter, kind: str) -> Dict[str, Any]:
    if kind in ("choice", "enum"):
        return {"enum": choices_of(parameter)}
    if kind in ("choices", "enums"):
        return {"type": "array", "items": {"enum": choices_of(parameter)}}
    if kind in ("list", "tuple", "object"):
        return _users_schema(parameter, "object" if kind == "object" else "array")
    if kind == "bounded":
        return _bounds(parameter)
    if kind not in _FORMS:
        return {"type": kind}
    schema: Dict[str, Any] = {"type": ["string", "number"] if kind == "duration" else "string"}
    if kind not in ("string", "own"):
        schema["format"] = kind
    form = _FORMS[kind]
    if form.pattern:
        schema.update(pattern=form.pattern, examples=[form.example])
    return schema


def _users_schema(parameter: Parameter, kind: str) -> Dict[str, Any]:
    given = getattr(parameter.schema, "schema", parameter.schema)
    return {**(given if isinstance(given, dict) else {}), "type": kind}


def _bounds(parameter: Parameter) -> Dict[str, Any]:
    schema: Dict[str, Any] = {"type": "integer" if parameter._var_type is int else "number"}
    names = {
        (operator.le, "left"): "minimum",
        (operator.lt, "left"): "exclusiveMinimum",
        (operator.le, "right"): "maximum",
        (operator.lt, "right"): "exclusiveMaximum",
    }
    left, right = names.get((parameter._left_op, "left")), names.get((parameter._right_op, "right"))
    if left and math.isfinite(parameter._min_value):
        schema[left] = parameter._min_value
    if right and math.isfinite(parameter._max_value):
        schema[right] = parameter._max_value
    return schema


def _range_words(parameter: Parameter) -> str:
    what = "an integer" if parameter._var_type is int else "a number"
    low = {operator.le: "at least", operator.lt: "more than"}.get(parameter._left_op, "related to")
    high = {operator.le: "at most", operator.lt: "less than"}.get(parameter._right_op, "related to")
    example = _example_within(parameter)
    shown = f", for example {example}" if example is not None else ""
    return f"{what} {low} {parameter._min_value} and {high} {parameter._max_value}{shown}"


def _example_within(parameter: Parameter) -> Optional[Any]:
    low, high = parameter._min_value, parameter._max_value
    for value in (low, low + 1, (low + high) / 2, high):
        if math.isfinite(value) and parameter._left_op(low, value) and parameter._right_op(value, high):
            return parameter._var_type(value)
    return None


def _definer(cls: type, name: str) -> str:
    """The module of the class that gives `cls` this attribute, not counting luigi's mixin for optional ones."""
    return next((base.__module__ for base in cls.__mro__ if name in vars(base)), "")


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value))


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
