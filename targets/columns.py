"""The columns of a pydantic model: names, Arrow types, and what pydantic asks of their values.

All is taken from the model's core schema: what pydantic itself judges by. A column whose schema holds nothing but what
is known here is *plain*: Arrow can look at its values in bulk. Any other is left to pydantic, row by row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
from pydantic import BaseModel

from targets.constraints import Check, checks_of
from targets.errors import UnfitModel

Schema = Mapping[str, Any]
#: Known of every schema; none says anything about values.
SILENT = {"type", "metadata", "ref", "serialization"}
WRAPPERS = {
    "nullable": SILENT | {"schema"},
    "default": SILENT
    | {"schema", "default", "default_factory", "default_factory_takes_data", "validate_default", "copy_default"},
    "function-before": frozenset(),
    "function-after": frozenset(),
    "function-wrap": frozenset(),
}
#: Members of the schema and of the configuration of a model that change nothing in how its fields are judged.
PLAIN_MODEL = SILENT | {"cls", "schema", "config", "custom_init", "root_model", "frozen"}
PLAIN_CONFIG = {"title", "frozen", "extra_fields_behavior"}
PLAIN_FIELDS = SILENT | {"fields", "model_name", "computed_fields"}
PLAIN_FIELD = SILENT | {"schema", "frozen", "serialization_exclude", "serialization_alias"}
MOST_DIGITS = 38


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. `kind` is what pydantic calls its type; `aware` of a time: whether it has a zone."""

    name: str
    kind: str
    arrow: pa.DataType
    nullable: bool
    aware: bool
    checks: tuple[Check, ...]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns of a model in order; `plain` where Arrow can judge every one of them."""

    columns: tuple[Column, ...]
    schema: pa.Schema
    plain: bool

    @property
    def names(self) -> list[str]:
        """Their names in order."""
        return [column.name for column in self.columns]


@cache
def columns_of(model: type[BaseModel]) -> Columns:
    """Give the columns of a model. Raises UnfitModel where a field is of a type that rows cannot hold."""
    model.model_rebuild()
    schema: Schema = model.__pydantic_core_schema__
    definitions: dict[str, Schema] = {}
    if schema["type"] == "definitions":
        definitions = {known["ref"]: known for known in schema["definitions"]}
        schema = schema["schema"]
    fields, plain = _fields(model, schema)
    found = [_column(model, name, field, definitions) for name, field in fields.items()]
    columns = tuple(column for column, _ in found)
    return Columns(
        columns=columns,
        schema=pa.schema([pa.field(column.name, column.arrow, column.nullable) for column in columns]),
        plain=plain and all(of_column for _, of_column in found),
    )


def _fields(model: type[BaseModel], schema: Schema) -> tuple[Mapping[str, Schema], bool]:
    plain = True
    while schema["type"] != "model-fields":
        if schema["type"] == "model":
            config = schema.get("config", {})
            own = schema.get("custom_init") or schema.get("root_model")
            plain = plain and not own and schema.keys() <= PLAIN_MODEL and config.keys() <= PLAIN_CONFIG
        else:
            plain = False
        if "schema" not in schema:
            raise UnfitModel(model=model.__name__, field="", found="a model that validates itself", known="fields")
        schema = schema["schema"]
    return schema["fields"], plain and schema.keys() <= PLAIN_FIELDS


def _column(model: type[BaseModel], name: str, field: Schema, definitions: dict[str, Schema]) -> tuple[Column, bool]:
    if "validation_alias" in field:
        raise UnfitModel(model=model.__name__, field=name, found="called otherwise", known="a field without an alias")
    leaf, nullable, plain = _leaf(field["schema"], definitions)
    arrow = _arrow(leaf)
    if arrow is None:
        known = (
            "str, int, float, bool, date, datetime, an Enum or Literal of texts, a Decimal with max_digits (at most "
            f"{MOST_DIGITS}) and decimal_places, or one of these or None"
        )
        raise UnfitModel(model=model.__name__, field=name, found=f"of type {leaf['type']}", known=known)
    checks = checks_of({key: value for key, value in leaf.items() if key not in SILENT}, leaf["type"], arrow)
    column = Column(
        name=name,
        kind=leaf["type"],
        arrow=arrow,
        nullable=nullable,
        aware=leaf.get("tz_constraint") != "naive",
        checks=checks or (),
    )
    return column, plain and checks is not None and field.keys() <= PLAIN_FIELD


def _leaf(schema: Schema, definitions: dict[str, Schema]) -> tuple[Schema, bool, bool]:
    """What is inside of all wrappers, whether it may be None, and whether all of them are known."""
    nullable, plain = False, True
    while True:
        if schema["type"] == "definition-ref":
            schema = definitions[schema["schema_ref"]]
        elif schema["type"] in WRAPPERS:
            nullable = nullable or schema["type"] == "nullable"
            plain = plain and schema.keys() <= WRAPPERS[schema["type"]]
            schema = schema["schema"]
        else:
            return schema, nullable, plain


def _arrow(leaf: Schema) -> pa.DataType | None:
    match leaf["type"]:
        case "enum":
            return pa.string() if all(isinstance(member.value, str) for member in leaf["members"]) else None
        case "literal":
            return pa.string() if all(type(value) is str for value in leaf["expected"]) else None
        case "decimal":
            digits, places = leaf.get("max_digits"), leaf.get("decimal_places")
            fits = digits is not None and places is not None and 0 <= places <= digits <= MOST_DIGITS
            return pa.decimal128(digits, places) if fits else None
        case "datetime":
            return pa.timestamp("us", tz=None if leaf.get("tz_constraint") == "naive" else "UTC")
    known = {"str": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "date": pa.date32()}
    return known.get(leaf["type"])
