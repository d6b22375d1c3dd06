"""What a model asks of the values of a column, as questions to a whole Arrow array at once."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

#: Says of each value whether it is certainly as asked; None for a missing one.
Check = Callable[[pa.Array], pa.Array]
COMPARE = {"ge": pc.greater_equal, "gt": pc.greater, "le": pc.less_equal, "lt": pc.less}
#: Members of a schema that need no question here: the Arrow type, or the reading of the texts, answers them.
ANSWERED = {
    "decimal": {"max_digits", "decimal_places"},
    "datetime": {"tz_constraint", "microseconds_precision"},
    "float": {"allow_inf_nan"},  # what is not finite is left to pydantic
    "enum": {"cls", "members", "sub_type", "missing"},
    "literal": {"expected"},
}
#: Patterns that mean the same to pydantic's engine and to Arrow's, as long as the text is ASCII.
SAME_PATTERN = re.compile(r"(?:[\w \-,;:/@#%=<>\"'!~^$.*+?{}()|]|\[(?!\[)|\]|\\[dw.\-+*?/])*", re.ASCII)
DIFFERENT = re.compile(r"\(\?|\{,|\[[^\]]*\[|--|&&|~~|\\[dw]-|-\\[dw]")


def checks_of(asked: Mapping[str, Any], kind: str, arrow: pa.DataType) -> tuple[Check, ...] | None:
    """Give the questions for a column of type `kind`; None where it is asked something that only pydantic knows."""
    checks: list[Check] = []
    if kind in ("enum", "literal"):
        texts = asked["expected"] if kind == "literal" else [member.value for member in asked["members"]]
        checks.append(_one_of(pa.array(texts, pa.string())))
    if kind == "float":
        checks.append(pc.is_finite)
    for name, value in asked.items():
        if name in ANSWERED.get(kind, ()):
            continue
        check = _check(name, value, arrow)
        if check is None:
            return None
        checks.append(check)
    return tuple(checks)


def _check(name: str, value: Any, arrow: pa.DataType) -> Check | None:
    if name in COMPARE:
        return _compared(name, value, arrow)
    if name == "min_length":
        return lambda array: pc.greater_equal(pc.utf8_length(array), value)
    if name == "max_length":
        return lambda array: pc.less_equal(pc.utf8_length(array), value)
    if name == "pattern" and isinstance(value, str) and SAME_PATTERN.fullmatch(value) and not DIFFERENT.search(value):
        return _matching(value)
    return None


def _matching(pattern: str) -> Check | None:
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowException:
        return None
    return lambda array: pc.and_(pc.string_is_ascii(array), pc.match_substring_regex(array, pattern))


def _compared(name: str, value: Any, arrow: pa.DataType) -> Check | None:
    zoned = getattr(arrow, "tz", None) is not None
    if isinstance(value, datetime) and (value.tzinfo is not None) != zoned:
        return None
    try:
        bound = pa.scalar(value, arrow)
    except (pa.ArrowException, OverflowError, TypeError):
        return None
    if bound.as_py() != value:
        return None
    return lambda array: COMPARE[name](array, bound)


def _one_of(texts: pa.Array) -> Check:
    return lambda array: pc.is_in(array, value_set=texts)
