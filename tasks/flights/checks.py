"""Which source rows are taken: those whose texts are of their columns' types and within plausible limits."""

import csv
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from targets.columns import columns_of, parse_texts
from targets.errors import BadValue
from tasks.flights.records import Airport, Flight, Plane, Rejection, Weather

MISSING = "NA"
ORIGINS = ("EWR", "JFK", "LGA")
#: Least and greatest plausible value of a column, in its unit.
LIMITS: dict[type, dict[str, tuple[float, float]]] = {
    Flight: {"dep_time": (1, 2400), "hour": (0, 23), "minute": (0, 59), "distance": (1, 12_000)},
    Weather: {"hour": (0, 23), "temp": (-80, 140), "humid": (0, 100), "wind_speed": (0, 200), "precip": (0, 20)},
    Plane: {"engines": (1, 8), "seats": (1, 900), "year": (1903, 2013)},
    Airport: {"lat": (-90, 90), "lon": (-180, 180)},
}


def accepted(lines: Iterable[tuple[int, str]], row_type: type, reject: Callable[[Rejection], Any]) -> Iterator[Any]:
    """Give typed rows of numbered CSV lines; call `reject` with each line that makes none, and why."""
    columns = columns_of(row_type)
    limits = [(row_type._fields.index(name), name, *bounds) for name, bounds in LIMITS.get(row_type, {}).items()]
    origin = row_type._fields.index("origin") if "origin" in row_type._fields else None
    for number, line in lines:
        texts = next(csv.reader([line]))
        if len(texts) != len(columns):
            reason = f"{len(texts)} fields, expected {len(columns)}"
            reject(Rejection(line=number, column="", reason=reason, text=line))
            continue
        try:
            values = parse_texts(columns, texts, MISSING)
            _check_limits(values, limits)
            _check_origin(values, origin)
        except BadValue as error:
            reject(Rejection(line=number, column=error.names["column"], reason=str(error), text=line))
            continue
        yield row_type._make(values)


def _check_limits(values: list[Any], limits: list[tuple[int, str, float, float]]) -> None:
    for index, name, least, greatest in limits:
        value = values[index]
        if value is not None and not least <= value <= greatest:  # also true for not-a-number
            raise BadValue(column=name, value=value, expected=f"between {least} and {greatest}")


def _check_origin(values: list[Any], index: int | None) -> None:
    if index is not None and values[index] not in ORIGINS:
        raise BadValue(column="origin", value=values[index], expected=f"one of {', '.join(ORIGINS)}")
