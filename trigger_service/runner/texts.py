"""Between JSON, the texts of luigi's command line, and values.

JSON goes in as the text that the command line would take; a value comes out as JSON that gives the same value again.
"""

from __future__ import annotations

import datetime
import json
import math
from typing import Any, List, Optional

from luigi.freezing import FrozenOrderedDict, recursively_unfreeze
from luigi.parameter import Parameter

from trigger_service.runner.kinds import is_optional, is_scalar, kind_of

#: Kinds whose values are periods of the calendar, of which a parameter may take every so many.
CALENDAR = ("date", "month", "year", "date-hour", "date-minute", "date-second")


def texts_for(parameter: Parameter, kind: str, value: Any) -> List[str]:
    """The texts that the command line would take for a JSON value, in order of preference; none for a wrong type."""
    if isinstance(value, str):
        return [value]
    if value is None:
        return [""] if is_optional(parameter) else []
    if kind == "own":
        return [json.dumps(value)]
    if kind == "choice":
        return _choice_texts(parameter, value)
    if isinstance(value, (bool, int, float)):
        return _number_texts(parameter, kind, value)
    return _structure_texts(parameter, kind, value)


def keeps(kind: str, value: Any, parsed: Any) -> bool:
    """Whether what was parsed is what a JSON value means: luigi and users read some texts as something else."""
    if kind == "own" and isinstance(value, (list, dict)):
        return not _is_another(value, parsed)
    if kind == "tuple":
        return bool(recursively_unfreeze(parsed) == value)
    if kind == "choices":
        return bool(list(parsed) == value)
    if kind in ("number", "bounded"):
        return math.isfinite(parsed)
    return True


def _is_another(structure: Any, parsed: Any) -> bool:
    """Whether a class that takes any text has made another structure of that of a JSON structure."""
    try:
        return bool(json.loads(json.dumps(recursively_unfreeze(parsed))) != structure)
    except (TypeError, ValueError):
        return False


def round_trip(parameter: Parameter, value: Any) -> Optional[str]:
    """Luigi's text for a value, if reading it gives the same value again."""
    try:
        text = parameter.serialize(value)
        again = parameter.normalize(parameter.parse(text))
        return text if isinstance(text, str) and type(again) is type(value) and bool(again == value) else None
    except BaseException:  # users' code may raise anything
        return None


def to_json(parameter: Parameter, value: Any) -> Any:
    """A parameter's value as JSON; its text where JSON has no form of its own for it."""
    kind = kind_of(parameter)
    if value is None or (kind in ("boolean", "integer", "number", "bounded", "choice") and is_scalar(value)):
        return value
    if kind in ("list", "tuple", "object") and isinstance(value, (list, tuple, dict, FrozenOrderedDict)):
        return _structure(parameter.serialize(value))
    if kind == "enums":
        return [member.name for member in value]
    if kind == "choices":
        return [item if is_scalar(item) else str(item) for item in value]
    if kind == "timedelta" and isinstance(value, datetime.timedelta) and round_trip(parameter, value) is None:
        # luigi writes no fractions of a second, and what is negative so that it cannot be read
        return value.total_seconds()
    return _text(parameter, kind, value)


def _text(parameter: Parameter, kind: str, value: Any) -> str:
    text = str(parameter.serialize(value))
    if kind in CALENDAR and isinstance(value, datetime.date):
        # luigi reads a year by its four digits, and writes it with as many as it has
        return "0" * (4 - len(str(value.year))) + text
    return text


def _number_texts(parameter: Parameter, kind: str, value: Any) -> List[str]:
    if isinstance(value, bool):
        return ["true" if value else "false"] if kind == "boolean" else []
    if kind == "integer" or (kind == "bounded" and parameter._var_type is int):
        is_whole = isinstance(value, int) or (math.isfinite(value) and value == int(value))
        return [str(int(value))] if is_whole else []
    return [repr(value)] if kind in ("number", "bounded", "timedelta") else []


def _choice_texts(parameter: Parameter, value: Any) -> List[str]:
    """The text of a choice that is no string, if it is one of the choices as it stands."""
    for choice in parameter._choices:
        if choice == value and isinstance(choice, bool) == isinstance(value, bool):
            # bool("False") is true, and bool("") is not
            return ["true" if value else ""] if isinstance(value, bool) else [str(choice)]
    return []


def _structure_texts(parameter: Parameter, kind: str, value: Any) -> List[str]:
    if isinstance(value, list) and kind in ("choices", "enums"):
        if kind == "enums" and not all(isinstance(item, str) for item in value):
            return []
        items = [str(item) for item in value]
        separable = not any(parameter._sep in item for item in items) and items != [""]
        return [parameter._sep.join(items)] if separable else []
    if isinstance(value, list) and kind == "tuple":
        # luigi's tuple reads [1, true] and [{}] only as Python writes a tuple
        return [json.dumps(value), repr(tuple(value))]
    return [json.dumps(value)] if kind == ("list" if isinstance(value, list) else "object") else []


def _structure(text: str) -> Any:
    """What a JSON text says; the text itself where it has numbers that are none in JSON (NaN)."""
    value = json.loads(text)
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return text
    return value
