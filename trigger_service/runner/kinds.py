"""Which of luigi's own forms a parameter has, by its class and what a user has made of it."""

from __future__ import annotations

import math
from typing import Any, List

from luigi.parameter import ChoiceParameter, EnumListParameter, EnumParameter, OptionalParameterMixin, Parameter

_LUIGIS = "luigi.parameter"
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
    "TimeDeltaParameter": "timedelta",
    "TaskParameter": "task",
    "PathParameter": "path",
    "StrParameter": "string",
    "Parameter": "string",
}
#: What luigi's `__init__` sets, and its methods need; a user's may do without both.
_NEEDED = {
    "bounded": "_min_value",
    "choices": "_choices",
    "choice": "_choices",
    "enums": "_enum",
    "enum": "_enum",
    "object": "schema",
    "tuple": "schema",
    "list": "schema",
    **dict.fromkeys(("month", "year", "date", "date-hour", "date-minute", "date-second"), "interval"),
}


def kind_of(parameter: Parameter) -> str:
    """Which of luigi's own forms a parameter has; `own` for one that a user's code reads or writes in its own way."""
    if not (is_luigis(parameter, "parse") and is_luigis(parameter, "serialize") and _has_luigis_format(parameter)):
        return "own"
    for base in type(parameter).__mro__:
        if base.__module__ == _LUIGIS and base.__name__ in _KINDS:
            kind = _KINDS[base.__name__]
            # luigi's choices are checked by `normalize`
            is_users = kind.startswith("choice") and not is_luigis(parameter, "normalize")
            return "own" if is_users or not hasattr(parameter, _NEEDED.get(kind, "parse")) else kind
    return "own"


def is_luigis(parameter: Parameter, name: str) -> bool:
    """Whether a method of a parameter is luigi's code: no subclass, mixin or wrapper has put another one there."""
    method = getattr(parameter, name)
    function = getattr(method, "__func__", method)
    return bool(getattr(function, "__globals__", {}).get("__name__") == _LUIGIS)


def is_optional(parameter: Parameter) -> bool:
    """Whether None is one of its values by its class."""
    return isinstance(parameter, OptionalParameterMixin)


def is_scalar(value: Any) -> bool:
    """Whether JSON has the value as it is: a finite number, a truth or a text."""
    return isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value))


def has_choices(parameter: Parameter) -> bool:
    """Whether it is one of luigi's choices or enums, or a user's class made of one: others may use their names."""
    return isinstance(parameter, (ChoiceParameter, EnumParameter, EnumListParameter))


def choices_of(parameter: Parameter) -> List[Any]:
    """What a choice or enum may be, as JSON values in a stable order."""
    if hasattr(parameter, "_enum"):
        return [member.name for member in parameter._enum]
    values = [value if is_scalar(value) else str(value) for value in parameter._choices]
    return sorted(values, key=lambda value: (isinstance(value, str), value))


def _has_luigis_format(parameter: Parameter) -> bool:
    holders = [base.__module__ for base in type(parameter).__mro__ if "date_format" in vars(base)]
    return "date_format" not in vars(parameter) and holders[:1] in ([], [_LUIGIS])
