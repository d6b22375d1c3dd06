"""From texts, and from Python values, to Arrow arrays: whatever is not certainly right stays out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from targets.columns import Column

#: What a text looks like that Arrow and pydantic certainly read as the same value, by kind of column.
LOOKS = {
    "date": r"^[12]\d{3}-\d\d-\d\d$",
    "datetime": r"^[12]\d{3}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?",
    "bool": r"^(true|false)$",
    "int": r"^-?\d{1,19}$",
}
ZONE = r"(Z|[+-]\d\d:\d\d)$"
#: Values among which a wrong one is looked for no more: all are left to pydantic.
FEW = 32


def cast(array: pa.Array, arrow: pa.DataType) -> pa.Array:
    """Give `array` as values of another type; where that cannot be done, there is nothing (null)."""
    try:
        return array.cast(arrow)
    except pa.ArrowException:
        if len(array) <= FEW:
            return pa.nulls(len(array), arrow)
    half = len(array) // 2
    return pa.concat_arrays([cast(array[:half], arrow), cast(array[half:], arrow)])


def certain(column: Column, texts: pa.Array) -> pa.Array:
    """Give the values of UTF-8 texts that pydantic certainly reads as the same; null for all others."""
    look = _look(column, texts)
    if look is not None:
        texts = pc.if_else(pc.match_substring_regex(texts, look), texts, None)
    return cast(texts, column.arrow)


def _look(column: Column, texts: pa.Array) -> str | None:
    if column.kind == "int":
        return LOOKS["int"] if _hexadecimal(texts) else None
    if column.kind == "decimal":
        whole, places = column.arrow.precision - column.arrow.scale, column.arrow.scale
        digits = rf"(0|[1-9]\d{{0,{whole - 1}}})" if whole else "0"
        return rf"^-?{digits}(\.\d{{1,{places}}})?$" if places else rf"^-?{digits}$"
    if column.kind == "datetime":
        return LOOKS["datetime"] + (ZONE if column.aware else "$")
    return LOOKS.get(column.kind)


def _hexadecimal(texts: pa.Array) -> bool:
    """Whether Arrow could take one of these for a hexadecimal number, which pydantic does not."""
    data = texts.buffers()[2]
    return data is not None and any(letter in data.to_pybytes() for letter in (b"x", b"X"))


def stored(column: Column, values: Sequence[Any]) -> tuple[pa.Array, dict[int, str]]:
    """Give Python values as an array; and the places of those that the column cannot hold, with the reason."""
    try:
        return _array(column, values), {}
    except (pa.ArrowException, ValueError, TypeError, OverflowError, AttributeError):
        wrong = {}
        for place, value in enumerate(values):
            try:
                _array(column, [value])
            except (pa.ArrowException, ValueError, TypeError, OverflowError, AttributeError) as error:
                wrong[place] = str(error)
        kept = [None if place in wrong else value for place, value in enumerate(values)]
        return pa.array([_plain(column, value) for value in kept], column.arrow), wrong


def _array(column: Column, values: Sequence[Any]) -> pa.Array:
    if column.kind in ("datetime", "enum"):
        values = [_plain(column, value) for value in values]
    array = pa.array(values, column.arrow)
    if array.null_count and not column.nullable:
        raise ValueError("a value should be there")
    return array


def _plain(column: Column, value: Any) -> Any:
    """As Arrow takes it: times in UTC, the texts of enumerations."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime) and column.kind == "datetime":
        if column.aware != (value.tzinfo is not None):
            raise ValueError("Input should have a time zone" if column.aware else "Input should have no time zone")
        return value.astimezone(UTC) if column.aware else value
    return value
