"""Reads what a request contains into its model, and finds everything that is wrong with it at once."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, NoReturn, TypeVar, cast, get_args, get_origin, get_type_hints

from flask import Response, request
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from werkzeug.exceptions import BadRequest

from trigger_service.domain.errors import InvalidRequest, Problem, RunNotFound
from trigger_service.domain.ids import is_run_id
from trigger_service.domain.pointers import Pointer

View = Callable[..., Response]
M = TypeVar("M", bound=BaseModel)
#: Finds further problems in a body that has some already.
SecondOpinion = Callable[[Mapping[str, Any]], Sequence[Problem]]
#: Characters of a refused value that are shown.
SHOWN = 80
#: Keys of a body whose content is not shown: private values, secrets, and addresses that are such are in it.
PRIVATE = frozenset({"parameters", "secret", "channel"})
#: What tells members of a body apart that are of one kind or another.
TAG = "kind"


def checked(view: View, second_opinion: SecondOpinion | None = None, *, body_needed: bool = True) -> View:
    """Give `view` its `path`, `query` and `body` as the models it is annotated with.

    Without `body_needed`, no body is an empty object.

    Done here instead of by flask-openapi3, which builds the JSON schema of a query model for every request and takes
    a body that is no JSON for None. The annotations still are what the OpenAPI document is made of.
    """
    models = get_type_hints(view)

    @wraps(view)
    def check(**path: Any) -> Response:
        arguments: dict[str, Any] = {}
        if "path" in models:
            arguments["path"] = _path(models["path"], path)
        problems: list[Problem] = []
        if "query" in models:
            arguments["query"] = _model(models["query"], _query(models["query"]), _query_problem, problems)
        if "body" in models:
            sent = _body() if body_needed or request.get_data() else {}
            arguments["body"] = _model(models["body"], sent, _body_problem, problems)
            if problems and second_opinion is not None and isinstance(sent, dict):
                problems.extend(second_opinion(sent))
        if problems:
            raise InvalidRequest(problems)
        return view(**arguments)

    # asks flask-openapi3 to leave the request alone
    check.__delay_validate_request__ = True  # type: ignore[attr-defined]
    return check


def of_form(model: type[M], values: Mapping[str, Any], second_opinion: SecondOpinion | None = None) -> M:
    """What a form says, by the rules of the body that the API takes; raises InvalidRequest."""
    problems: list[Problem] = []
    found = _model(model, values, _body_problem, problems)
    if found is None:
        raise InvalidRequest([*problems, *(second_opinion(values) if second_opinion else ())])
    return cast(M, found)


def of_query(model: type[M], values: Mapping[str, Any]) -> M:
    """What the address of a page says, by the rules of the query that the API takes; raises InvalidRequest."""
    problems: list[Problem] = []
    found = _model(model, values, _query_problem, problems)
    if found is None:
        raise InvalidRequest(problems)
    return cast(M, found)


def parse_json(content: bytes) -> Any:
    """The value in a body; raises BadRequest that names the position of the first fault."""
    try:
        value = json.loads(content.decode(), parse_constant=_no_constant)
        # half of a surrogate pair parses, but is no text that could be stored
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8: {error.reason} at byte {error.start}.") from error
    except UnicodeEncodeError as error:
        raise BadRequest("The body has half of a surrogate pair in a text.") from error
    except RecursionError as error:
        raise BadRequest("The body is nested too deeply.") from error
    except ValueError as error:
        raise BadRequest(f"The body is not JSON: {error}.") from error
    return value


def shown(value: Any) -> str:
    """A refused value as it may stand in a message: as JSON, cut where it is long."""
    text = json.dumps(value, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"


def kind(value: Any) -> str:
    """What sort of JSON value it is, for where private values may be in it."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _body() -> Any:
    content = request.get_data()
    if not content:
        raise BadRequest("The body is empty; expected a JSON object.")
    return parse_json(content)


def _path(model: type[BaseModel], values: dict[str, Any]) -> BaseModel:
    for name in ("run_id", "other_id"):
        if name in values and not is_run_id(values[name]):
            raise RunNotFound(run_id=values[name][:SHOWN])
    return model.model_construct(**values)


def _query(model: type[BaseModel]) -> dict[str, Any]:
    sent = request.args
    fields = model.model_fields
    return {
        key: sent.getlist(key) if key in fields and get_origin(fields[key].annotation) is list else sent[key]
        for key in sent
    }


def _model(
    model: type[BaseModel],
    value: Any,
    problem: Callable[[type[BaseModel], Any], Problem],
    problems: list[Problem],
) -> BaseModel | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems.extend(problem(model, detail) for detail in error.errors(include_url=False))
        return None


def _body_problem(model: type[BaseModel], detail: Mapping[str, Any]) -> Problem:
    path, known = _place(model, detail["loc"])
    if detail["type"] == "model_type":
        return Problem(str(Pointer.of(*path)), f"Expected a JSON object, not {kind(detail['input'])}.")
    if detail["type"].startswith("union_tag_"):
        kinds = ", ".join(repr(name) for each in _models(known[path[-1]]) for name in _kinds(each))
        return Problem(str(Pointer.of(*path, TAG)), f"Expected one of {kinds}.")
    return Problem(str(Pointer.of(*path)), _sentence(known, detail))


def _query_problem(model: type[BaseModel], detail: Mapping[str, Any]) -> Problem:
    return Problem(f"?{detail['loc'][0]}", _sentence(model.model_fields, detail))


def _sentence(known: Mapping[str, FieldInfo], detail: Mapping[str, Any]) -> str:
    """What is wrong, where these are the fields of the object that has it."""
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(detail["loc"][-1]), list(known), n=1)
        mend = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}."
        return f"Unknown key; {mend}"
    if detail["type"] == "missing":
        return f"Required: {known[detail['loc'][-1]].description}."
    refused = detail["input"]
    return f"{detail['msg']}, not {kind(refused) if detail['loc'][0] in PRIVATE else shown(refused)}."


def _place(model: type[BaseModel], path: Sequence[str | int]) -> tuple[list[str], Mapping[str, FieldInfo]]:
    """Where in a body something is, and the fields of the object that it is a member of."""
    keys: list[str] = []
    fields: Mapping[str, FieldInfo] = model.model_fields
    rest = [str(key) for key in path]
    while rest:
        keys.append(rest.pop(0))
        found = _models(fields.get(keys[-1]))
        if rest and len(found) > 1:  # the library tells next of which kind it took it to be
            tag = rest.pop(0)
            found = [each for each in found if tag in _kinds(each)]
        if rest:
            fields = found[0].model_fields if found else {}
    return keys, fields


def _models(field: FieldInfo | None) -> list[type[BaseModel]]:
    """The models of a member that is an object."""
    annotation = None if field is None else field.annotation
    members = get_args(annotation) or (annotation,)
    return [each for each in members if isinstance(each, type) and issubclass(each, BaseModel)]


def _kinds(model: type[BaseModel]) -> tuple[str, ...]:
    return get_args(model.model_fields[TAG].annotation)
