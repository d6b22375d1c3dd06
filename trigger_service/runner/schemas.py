"""What a parameter accepts, as JSON Schema: for forms, and for those who write requests.

A value that the schema accepts is one that the judge accepts, but for what no schema can say: whether a day is in the
calendar, a path exists, a task is known. Beyond the schema, the judge takes a text for any parameter, as the command
line does.
"""

from __future__ import annotations

import math
import operator
from typing import Any, Dict

from luigi.parameter import Parameter

from trigger_service.runner.forms import FORMS
from trigger_service.runner.kinds import choices_of, has_choices, is_optional, kind_of

Schema = Dict[str, Any]
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
#: What `datetime.timedelta` can hold, in seconds.
_LEAST_S, _MOST_S = -86399999913600, 86399999999999


def schema_of(parameter: Parameter) -> Schema:
    """The JSON Schema of a parameter's values, without a default."""
    schema = _schema(parameter, kind_of(parameter))
    return _or_null(schema) if is_optional(parameter) else schema


def with_default(schema: Schema, default: Any) -> Schema:
    """The schema with a default (JSON), which it accepts even where it accepts nothing else of that sort."""
    if default is None:
        return {**_or_null(schema), "default": None}
    if _may_be(schema, default):
        return {**schema, "default": default}
    return {"anyOf": [schema, {"const": default}], "default": default}


def _schema(parameter: Parameter, kind: str) -> Schema:
    if kind in FORMS and kind != "own":
        return _text_schema(kind)
    special = {
        "own": _own_schema,
        "choice": lambda _: {"enum": choices_of(parameter)},
        "enum": lambda _: {"enum": choices_of(parameter)},
        "choices": _items_schema,
        "enums": _items_schema,
        "list": lambda _: _users_schema(parameter, "array"),
        "tuple": lambda _: _users_schema(parameter, "array"),
        "object": lambda _: _users_schema(parameter, "object"),
        "bounded": _bounds,
    }
    return special[kind](parameter) if kind in special else {"type": kind}


def _text_schema(kind: str) -> Schema:
    schema: Schema = {"type": "string"}
    if kind != "string":
        schema["format"] = kind
    if FORMS[kind].pattern:
        schema.update(pattern=FORMS[kind].pattern, examples=[FORMS[kind].example])
    if kind == "timedelta":
        schema.update(type=["string", "number"], minimum=_LEAST_S, maximum=_MOST_S)
    return schema


def _users_schema(parameter: Parameter, kind: str) -> Schema:
    given = getattr(parameter.schema, "schema", parameter.schema)
    return {**(given if isinstance(given, dict) else {}), "type": kind}


def _items_schema(parameter: Parameter) -> Schema:
    # an item with the separator in it cannot be told from two
    items = [value for value in choices_of(parameter) if parameter._sep not in str(value)]
    return {"type": "array", "items": {"enum": items}}


def _own_schema(parameter: Parameter) -> Schema:
    """Anything but null; choices are examples only, as the user's own reading may take others."""
    schema: Schema = {"type": ["string", "number", "boolean", "array", "object"]}
    if has_choices(parameter):
        schema["examples"] = choices_of(parameter)
    return schema


def _bounds(parameter: Parameter) -> Schema:
    schema: Schema = {"type": "integer" if parameter._var_type is int else "number"}
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


def _or_null(schema: Schema) -> Schema:
    plain = {"type", "format", "pattern", "examples", "enum", "minimum", "maximum", "items"}
    if not schema.keys() <= plain | {"exclusiveMinimum", "exclusiveMaximum"}:
        return {"anyOf": [schema, {"type": "null"}]}
    schema = dict(schema)
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if "type" in schema and "null" not in schema["type"]:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = [*types, "null"]
    return schema


def _may_be(schema: Schema, value: Any) -> bool:
    """Whether a value is of a type, or one of the choices, that the schema names."""
    if "anyOf" in schema:
        return any(_may_be(part, value) for part in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    named = _TYPES.get(type(value), "")
    return named in schema["type"] or (named == "integer" and "number" in schema["type"])
