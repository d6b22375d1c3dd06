"""Completes the OpenAPI document that is generated from the routes: problems by route, examples, plain words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

from trigger_service.domain import errors
from trigger_service.domain.errors import TriggerError
from trigger_service.web.examples import examples, streamed
from trigger_service.web.problem_examples import example
from trigger_service.web.problems import ProblemKind, kind_of_error, kind_of_status, kinds
from trigger_service.web.responses import EVENTS

#: In an operation: names of the problems that are its own. Those that follow from its shape need not be named.
RAISES = "x-problems"
#: In an operation whose body may be left out.
BODY_OPTIONAL = "x-body-optional"
DESCRIPTION = (
    "Triggers Luigi pipelines and shows what becomes of them. Problems are told as RFC 9457 documents, whose `type` is "
    "the address of a page about them. Reads have an ETag. Every answer has an `X-Request-Id`, the one that was sent "
    "where there was one."
)
_OURS = (RAISES, BODY_OPTIONAL)
_CREDENTIALS = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of `luigi-trigger tokens create`; needed where the service listens beyond loopback",
    }
}
#: What the headers of answers say.
_HEADERS = {
    "Content-Location": "The address of the run",
    "ETag": "What the answer is known by; send it back as `If-None-Match`",
    "Idempotency-Replayed": "`true` where the key or the delivery came before: the answer is the one of then",
    "Link": 'The address of the next page (`rel="next"`), where there is one',
    "Location": "The address of the run",
    "Preference-Applied": "The wait that was granted",
    "Retry-After": "Seconds after which to try again",
    "WWW-Authenticate": "`Bearer`; of a webhook `Signature`",
}
#: In an operation that needs no token.
WITHOUT_TOKEN: dict[str, Any] = {"security": [{}]}
_METHODS = ("get", "post", "put", "patch", "delete")
_UNCHANGED = {"304": {"description": "The client has this very content (`If-None-Match`)"}}
_PROBLEM_SCHEMA = {"$ref": "#/components/schemas/ProblemDocument"}


def raises(*kinds: type[TriggerError], **more: Any) -> dict[str, Any]:
    """The extensions of an operation that may answer with these problems besides those that follow from its shape."""
    return {**more, RAISES: [kind_of_error(kind).name for kind in kinds]}


def completed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with everything that the library does not know."""
    told = dict(document["info"], description=DESCRIPTION)
    paths = {path: dict(_operations(path, item)) for path, item in document["paths"].items()}
    components = {**document.get("components", {}), "securitySchemes": _CREDENTIALS}
    # none is needed on loopback, unless the settings say so
    security: list[dict[str, list[str]]] = [{"token": []}, {}]
    return {
        **document,
        "info": told,
        "servers": [{"url": "/"}],
        "security": security,
        "paths": paths,
        "components": components,
    }


def _operations(path: str, item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for method, operation in item.items():
        yield method, _operation(path, method, operation) if method in _METHODS else operation


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    """An operation with plain words, examples, and for each status the problems that it may tell of."""
    named = [kinds()[name] for name in operation.get(RAISES, ())]
    problems = [*_problems_of_shape(operation), *named]
    kept = {key: value for key, value in operation.items() if key not in (*_OURS, "responses", "tags", "description")}
    answers = {status: value for status, value in operation["responses"].items() if int(status) < 400}
    if any(parameter["name"] == "follow" for parameter in operation.get("parameters", ())):
        answers["200"] = {**answers["200"], "content": {**answers["200"]["content"], **EVENTS["content"]}}
    described = {
        **kept,
        "tags": [_tag(path)],
        "parameters": [_parameter(parameter) for parameter in operation.get("parameters", ())],
        "responses": {status: _with_examples(value) for status, value in answers.items()} | _told(problems),
    }
    if "description" in operation:
        described["description"] = " ".join(operation["description"].replace("<br/>", "\n").split())
    sent = {parameter["name"] for parameter in described["parameters"]}
    for status, answer in described["responses"].items():
        answer["headers"] = {name: _header(name) for name in _headers(status, sent, _is_signed(operation))}
    if method == "get" and "application/json" in answers["200"]["content"]:
        described["responses"]["200"]["headers"]["ETag"] = _header("ETag")
        described["responses"] |= _UNCHANGED
    if "requestBody" in operation:
        needed = BODY_OPTIONAL not in operation
        described["requestBody"] = {**_with_examples(operation["requestBody"]), "required": needed}
    return described


def _is_signed(operation: Mapping[str, Any]) -> bool:
    return bool(operation.get("security") == WITHOUT_TOKEN["security"])


def _headers(status: str, sent: Set[str], signed: bool) -> Iterator[str]:
    """The names of the headers that an answer may have to a request with such parameters, besides those of all."""
    if status in ("200", "202") and signed:
        yield "Idempotency-Replayed"
    if status == "200" and {"cursor", "pipeline"} <= sent:
        yield "Link"
    if status == "202":
        yield "Location"
    if status in ("200", "202") and "Prefer" in sent:
        yield from ("Idempotency-Replayed", "Preference-Applied", *(["Content-Location"] if status == "200" else []))
    yield from {"401": ["WWW-Authenticate"], "429": ["Retry-After"], "503": ["Retry-After"]}.get(status, ())


def _header(name: str) -> dict[str, Any]:
    kind = "integer" if name == "Retry-After" else "string"
    return {"description": _HEADERS[name], "schema": {"type": kind}}


def _tag(path: str) -> str:
    return path.removeprefix("/api/v1").split("/")[1].split(".", 1)[0]


def _problems_of_shape(operation: Mapping[str, Any]) -> Iterator[ProblemKind]:
    """What every operation of this shape may answer."""
    places = {parameter["name"]: parameter["in"] for parameter in operation.get("parameters", ())}
    if not _is_signed(operation):
        yield from map(kind_of_error, (errors.Unauthenticated, errors.ScopeMissing))
    yield kind_of_error(errors.TooOften)
    statuses = [403, 429, 500, *((400, 413, 415) if "requestBody" in operation else ())]
    statuses += [414] if {"query", "path"} & set(places.values()) else []
    yield from (kind for kind in map(kind_of_status, statuses) if kind)
    yield kind_of_error(errors.StoreUnavailable)
    if "requestBody" in operation or {"query", "header"} & set(places.values()):
        yield kind_of_error(errors.InvalidRequest)
    if "run_id" in places:
        yield kind_of_error(errors.RunNotFound)
    if "cursor" in places:
        yield kind_of_error(errors.InvalidCursor)


def _told(problems: list[ProblemKind]) -> dict[str, Any]:
    """The responses by status, each with all its kinds of problem as examples."""
    statuses = sorted({problem.status for problem in problems})
    return {str(status): _problem(list(_of_status(problems, status))) for status in statuses}


def _of_status(problems: list[ProblemKind], status: int) -> Iterator[ProblemKind]:
    yield from {problem.name: problem for problem in problems if problem.status == status}.values()


def _problem(problems: list[ProblemKind]) -> dict[str, Any]:
    shown = {problem.name: {"summary": problem.title, "value": example(problem)} for problem in problems}
    content = {"application/problem+json": {"schema": _PROBLEM_SCHEMA, "examples": shown}}
    return {"description": " or ".join(problem.title for problem in problems), "content": content}


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter as it can be sent: a query has no null, whatever the model says."""
    schema = {key: value for key, value in parameter["schema"].items() if key not in ("title", "description")}
    kinds_of_value = [kind for kind in schema.pop("anyOf", ()) if kind.get("type") != "null"]
    if len(kinds_of_value) == 1:
        schema.update(kinds_of_value[0])
    if schema.get("default", 0) is None or schema.get("default", 0) == []:
        del schema["default"]
    for bound in ("minimum", "maximum"):
        if schema.get("type") == "integer" and bound in schema:
            schema[bound] = int(schema[bound])
    return {**parameter, "schema": schema}


def _with_examples(told: Mapping[str, Any]) -> dict[str, Any]:
    """A body or an answer with an example for each of its media types, where there is one."""
    content = {kind: _media(kind, media) for kind, media in told.get("content", {}).items()}
    return {**told, "content": content} if content else dict(told)


def _media(kind: str, media: Mapping[str, Any]) -> dict[str, Any]:
    found = re.fullmatch(r"#/components/schemas/(\w+)", media.get("schema", {}).get("$ref", ""))
    shown = examples().get(found[1]) if found else streamed().get(kind)
    return dict(media) if shown is None or "example" in media else {**media, "example": shown}
