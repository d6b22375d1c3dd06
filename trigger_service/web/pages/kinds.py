"""Which kind of field a parameter of the catalogue wants, and what its JSON Schema says of it, taken apart. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trigger_service.domain.pointers import ABSENT

#: Kinds whose words are told even where a description is: nobody guesses what may be written.
_TOLD = frozenset({"date-interval", "timedelta", "task", "own"})
#: And those whose field says it all.
_CLEAR = frozenset(
    {"choice", "choices", "boolean", "integer", "number", "text", "json", "path", "private"}
    | {"date", "month", "year", "date-hour", "date-minute", "date-second"}
)


@dataclass(frozen=True)
class Parameter:
    """A parameter as the catalogue describes it (see `launchers.base.Pipeline`)."""

    described: Mapping[str, Any]

    @property
    def name(self) -> str:
        """As requests name it."""
        return str(self.described["name"])

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return bool(self.described["required"])

    @property
    def default(self) -> Any:
        """As JSON; ABSENT where there is none, or it is not shown."""
        return ABSENT if self.kind == "private" else self.described["schema"].get("default", ABSENT)

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """That of the values themselves, without what only lets null or the default in."""
        schema: Mapping[str, Any] = self.described["schema"]
        while "anyOf" in schema and "type" not in schema:
            schema = next((part for part in schema["anyOf"] if part.keys() - {"const"} and not _is_null(part)), {})
        return schema

    @cached_property
    def types(self) -> list[str]:
        """The JSON types of its values, null left out."""
        named = self.schema.get("type", [])
        return [name for name in ([named] if isinstance(named, str) else named) if name != "null"]

    @cached_property
    def nullable(self) -> bool:
        """Whether null is one of its values."""
        schema = self.described["schema"]
        parts = (self.schema, *schema.get("anyOf", ()))
        return "null" in schema.get("type", ()) or None in schema.get("enum", ()) or any(map(_is_null, parts))

    @cached_property
    def kind(self) -> str:
        """`private`, `choice`, `choices`, `boolean`, `integer`, `number`, `json`, `own`, `text`, or a format."""
        if self.described["visibility"] != "public":
            return "private"
        if "enum" in self.schema or (self.types == ["boolean"] and self.nullable):
            return "choice"
        if self.types == ["array"] and "enum" in self.schema.get("items", {}):
            return "choices"
        if self.types in (["boolean"], ["integer"], ["number"]):
            return self.types[0]
        if self.types in (["array"], ["object"]):
            return "json"
        return "own" if len(self.types) > 2 else str(self.schema.get("format", "text"))

    @cached_property
    def choices(self) -> dict[str, Any]:
        """What may be chosen, by the text that stands for it; null is none of these."""
        holder = self.schema["items"] if self.kind == "choices" else self.schema
        return {text_of(value): value for value in holder.get("enum", (True, False)) if value is not None}

    @property
    def bounds(self) -> str:
        """`0 to 180`; empty where there are none."""
        low, over = self.schema.get("minimum"), self.schema.get("exclusiveMinimum")
        high, under = self.schema.get("maximum"), self.schema.get("exclusiveMaximum")
        if self.kind not in ("integer", "number"):
            return ""
        if low is not None and high is not None:
            return f"{low} to {high}"
        named = (("from", low), ("above", over), ("to", high), ("below", under))
        return " ".join(f"{word} {value}" for word, value in named if value is not None)

    @property
    def hint(self) -> str:
        """What it is, and what may be written where nothing else says that."""
        words, expected = str(self.described["description"]), str(self.described["expectation"])
        # luigi adds to the words of a number what `bounds` say
        words = (words.partition("permitted values: ")[0] if self.bounds else words).strip()
        told = [words] if words else []
        if self.kind in _TOLD or (not words and self.kind not in _CLEAR):
            told.append(f"Expected: {expected}")
        return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in told)

    @property
    def default_words(self) -> str:
        """The default in words; empty where there is none to show."""
        value = self.default
        if value is ABSENT:
            return ""
        named = {"null": "none", "true": "yes", "false": "no", '""': "empty"}
        return named.get(json.dumps(value), text_of(value))


def text_of(value: Any) -> str:
    """A value as one writes it in a field: a text as it is, nothing for null, otherwise JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are alike, also by type: 1 is not true, and the order of an object's keys counts."""
    return one is other or (ABSENT not in (one, other) and json.dumps(one) == json.dumps(other))


def of_pipeline(parameters: Sequence[Mapping[str, Any]]) -> list[Parameter]:
    """All parameters of a pipeline, in its order."""
    return [Parameter(described) for described in parameters]


def _is_null(schema: Mapping[str, Any]) -> bool:
    return "null" in schema.get("type", ())
