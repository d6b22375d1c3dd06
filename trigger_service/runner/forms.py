"""What each kind of parameter looks like: in words, by example and, where texts have a shape, as a pattern."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import Any, Optional

from luigi.parameter import Parameter

from trigger_service.runner.kinds import choices_of, kind_of

_YEAR = r"(?!0000)\d{4}"
_MONTH_DAY = r"(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])"
_DAY = f"{_YEAR}-{_MONTH_DAY}"
_HOUR, _MINUTE = r"([01]?\d|2[0-3])", r"[0-5]?\d"
#: Luigi's date intervals want two digits, and end before the year 10 000.
_FULL_YEAR = r"(?!0000|9999)\d{4}"
_FULL_DAY = rf"{_FULL_YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_WEEK = rf"{_FULL_YEAR}-W(0[1-9]|[1-4]\d|5[0-3])"
_UNITS = "".join(rf"(\d{{1,8}} ?{unit[0]}({unit[1:]}s?)? ?)?" for unit in ("week", "day", "hour", "minute", "second"))
#: Luigi does not take an ISO duration of zero.
_ISO = r"P(?![0DTHMSW]+$)(\d{1,8}W|(?=[\dT])(\d{1,8}D)?(T(?=\d)(\d{1,8}H)?(\d{1,8}M)?(\d{1,8}S)?)?)"
#: The most choices that a sentence lists.
_LISTED = 20


@dataclass(frozen=True)
class Form:
    """One form of text: what it is called, an example, and its pattern where it has one."""

    words: str
    example: str
    pattern: str = ""


#: Those kinds that are texts in JSON.
FORMS = {
    "string": Form("text", "some text"),
    "path": Form("a path", "/data/in.csv"),
    "task": Form("the family of a task", "MyTask"),
    "date": Form("a date YYYY-MM-DD", "2013-01-31", f"^{_DAY}$"),
    "month": Form("a month YYYY-MM", "2013-01", f"^{_YEAR}-(0?[1-9]|1[0-2])$"),
    "year": Form("a year YYYY", "2013", f"^{_YEAR}$"),
    "date-hour": Form("a date and hour YYYY-MM-DDTHH", "2013-01-31T19", f"^{_DAY}T{_HOUR}$"),
    "date-minute": Form("a date, hour and minute YYYY-MM-DDTHHMM", "2013-01-31T1907", f"^{_DAY}T{_HOUR}H?{_MINUTE}$"),
    "date-second": Form(
        "a date and time YYYY-MM-DDTHHMMSS", "2013-01-31T190738", f"^{_DAY}T{_HOUR}{_MINUTE}{_MINUTE}$"
    ),
    "date-interval": Form(
        "a year, month, week, day or two days joined by a dash",
        "2013-W05",
        rf"^({_FULL_YEAR}(-(0[1-9]|1[0-2]))?|{_WEEK}|{_FULL_DAY}(-{_FULL_DAY})?)$",
    ),
    "timedelta": Form(
        'a number of seconds, "n weeks n days n hours n minutes n seconds" or an ISO 8601 duration',
        "1 h 30 m",
        rf"^(-?\d{{1,13}}(\.\d+)?|{_ISO}|(?=.){_UNITS})$",
    ),
    "own": Form("a text that its own parse accepts", ""),
}
#: What `interval` counts in the classes that have one.
_STEPS = {
    "date": "day",
    "month": "month",
    "year": "year",
    "date-hour": "hour",
    "date-minute": "minute",
    "date-second": "second",
}
_SIMPLE = {
    "boolean": "true or false",
    "integer": "an integer, for example 5",
    "number": "a number, for example 2.5",
    "object": 'an object, for example {"key": "value"}',
    "list": "a list, for example [1, 2]",
    "tuple": "a list, for example [1, 2]",
}


def expectation(parameter: Parameter) -> str:
    """What is expected, with an example: 'a month YYYY-MM, for example "2013-01"'."""
    kind = kind_of(parameter)
    if kind in FORMS:
        form = FORMS[kind]
        example = f', for example "{form.example}"' if form.example else ""
        return form.words + example + _rounding(parameter, kind)
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind == "bounded":
        return _range_words(parameter)
    values = [f'"{value}"' if isinstance(value, str) else str(value) for value in choices_of(parameter)]
    listed = ", ".join(values[:_LISTED]) + (f" and {len(values) - _LISTED} more" if len(values) > _LISTED else "")
    if kind in ("choice", "enum"):
        return f"one of {listed}"
    return f"a list of any of {listed}, for example [{', '.join(values[:1])}]"


def _rounding(parameter: Parameter, kind: str) -> str:
    if kind not in _STEPS or parameter.interval == 1:
        return ""
    return f"; rounded down to every {parameter.interval} {_STEPS[kind]}s from {parameter.start}"


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
