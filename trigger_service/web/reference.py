"""The API's reference as a page shows it, made from the OpenAPI document: routes, what they take and answer. Pure.

All values are text, examples included.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from trigger_service.web.problems import ProblemKind, kinds

#: More of an example than this many lines is left out.
LINES = 60


@dataclass(frozen=True)
class Member:
    """A parameter of a route, or a member of an object."""

    name: str
    #: Where a parameter is sent; empty for a member of an object.
    place: str
    type: str
    #: The schema that its type is, or has items of; empty for none.
    schema: str
    required: bool
    default: str
    description: str


@dataclass(frozen=True)
class Content:
    """A body or an answer: `status` is empty for a body, `schema` for what has none."""

    status: str
    description: str
    media_type: str
    schema: str
    example: str


@dataclass(frozen=True)
class Operation:
    """One route."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Member, ...]
    body: Content | None
    members: tuple[Member, ...]
    answers: tuple[Content, ...]
    problems: tuple[ProblemKind, ...]


@dataclass(frozen=True)
class Group:
    """The routes of one noun."""

    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Schema:
    """An object of the API."""

    name: str
    description: str
    members: tuple[Member, ...]


def groups(document: Mapping[str, Any]) -> list[Group]:
    """All routes by their noun, in the order in which the nouns come first in the document."""
    told = [
        (operation["tags"][0], _operation(document, path, method, operation))
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    order = list(dict.fromkeys(name for name, _ in told))
    told.sort(key=lambda entry: order.index(entry[0]))
    return [
        Group(name, tuple(operation for _, operation in found))
        for name, found in groupby(told, key=lambda entry: entry[0])
    ]


def schemas(document: Mapping[str, Any]) -> list[Schema]:
    """All objects, by name."""
    return [
        Schema(name, schema.get("description", ""), tuple(_members(schema)))
        for name, schema in sorted(document["components"]["schemas"].items())
    ]


def _operation(document: Mapping[str, Any], path: str, method: str, told: Mapping[str, Any]) -> Operation:
    body = next(_contents("", told["requestBody"]), None) if "requestBody" in told else None
    answers = {status: answer for status, answer in told["responses"].items() if int(status) < 400}
    problems = (
        name
        for answer in told["responses"].values()
        for name in answer.get("content", {}).get("application/problem+json", {}).get("examples", ())
    )
    schema = document["components"]["schemas"][body.schema] if body and body.schema else {}
    return Operation(
        id=f"{method}-{path.removeprefix('/api/v1/').replace('/', '-').translate({123: '', 125: ''})}",
        method=method.upper(),
        path=path,
        summary=told.get("summary", "").rstrip("."),
        description=told.get("description", ""),
        parameters=tuple(_parameter(parameter) for parameter in told.get("parameters", ())),
        body=body,
        members=tuple(_members(schema)),
        answers=tuple(content for status, answer in answers.items() for content in _contents(status, answer)),
        problems=tuple(kinds()[name] for name in problems),
    )


def _contents(status: str, told: Mapping[str, Any]) -> Iterator[Content]:
    media = told.get("content") or {"": {}}
    for media_type, content in media.items():
        schema = content.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
        yield Content(status, told.get("description", ""), media_type, schema, example_text(content.get("example", "")))


def example_text(example: Any) -> str:
    """An example as a page shows it."""
    text = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
    lines = text.rstrip().split("\n")
    return "\n".join(lines if len(lines) <= LINES else [*lines[:LINES], "..."])


def _parameter(told: Mapping[str, Any]) -> Member:
    return _member(told["name"], told["schema"], told["in"], told.get("required", False), told.get("description", ""))


def _members(schema: Mapping[str, Any]) -> Iterator[Member]:
    required = schema.get("required", ())
    for name, member in schema.get("properties", {}).items():
        yield _member(name, member, "", name in required, member.get("description", ""))


def _member(name: str, schema: Mapping[str, Any], place: str, required: bool, description: str) -> Member:
    default = schema.get("default")
    shown = "" if default in (None, "", [], {}) else json.dumps(default)
    return Member(name, place, type_text(schema), _schema_of(schema), required, shown, description)


def type_text(schema: Mapping[str, Any]) -> str:
    """A JSON Schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(type_text(kind) for kind in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"array of {type_text(schema.get('items', {}))}"
    text = str(schema.get("format", schema.get("type", "any value")))
    bounds = [schema.get(name, schema.get(f"exclusive{name.capitalize()}")) for name in ("minimum", "maximum")]
    if bounds != [None, None]:
        low, high = ("" if bound is None else f"{bound:.12g}" for bound in bounds)
        text += f" {low} to {high}" if low and high else f" from {low}" if low else f" up to {high}"
    return text


def _schema_of(schema: Mapping[str, Any]) -> str:
    for kind in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
        if "$ref" in kind:
            return str(kind["$ref"]).rsplit("/", 1)[-1]
    return ""
