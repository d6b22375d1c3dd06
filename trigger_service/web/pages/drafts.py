"""A request for a run as a form and as an address say it, both ways, with the body that the API would get. Pure.

In forms and addresses a parameter has its own name; what else belongs to a request begins with `_`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from trigger_service.domain.place import DEFAULT
from trigger_service.domain.pointers import ABSENT
from trigger_service.web.pages import fields
from trigger_service.web.pages.kinds import Parameter, same, text_of

Body = dict[str, Any]
#: All texts that a form or an address has under a name.
Texts = Callable[[str], Sequence[str]]

#: Members of a request besides its pipeline and parameters, each with what holds where it is left out.
OPTIONS: Mapping[str, Any] = {
    "module": "",
    "location": None,
    "environment": DEFAULT,
    "workers": None,
    "priority": 0,
    "pools": [],
    "labels": {},
    "timeout_s": None,
    "max_attempts": 1,
    "if_active": "run",
}
_NUMBERS = frozenset({"workers", "priority", "timeout_s", "max_attempts"})


def body_of(pipeline: str, parameters: Sequence[Parameter], named: Sequence[str], texts: Texts) -> Body:
    """The body for what a form says; `named` are the names in it. What nobody knows is in it, so that it is told."""
    known = {parameter.name: parameter for parameter in parameters}
    values = {name: fields.read(parameter, texts(name)) for name, parameter in known.items()}
    values.update({name: texts(name)[-1] for name in named if name not in known and not name.startswith("_")})
    options = {name: _option(name, texts(f"_{name}")) for name in OPTIONS}
    return {
        "pipeline": pipeline,
        "parameters": {name: value for name, value in values.items() if value is not ABSENT},
        **{name: value for name, value in options.items() if value is not ABSENT and value != OPTIONS[name]},
    }


def address_of(parameters: Sequence[Parameter], body: Mapping[str, Any], **more: str) -> str:
    """The query of an address that says the same, but for what is private; `more` is added to it."""
    known = {parameter.name: parameter for parameter in parameters}
    pairs = [
        (name, text)
        for name, value in values_of(body).items()
        for text in (fields.texts_of(known[name], value) if name in known else [text_of(value)])
        if name not in known or known[name].kind != "private"
    ]
    pairs += [(f"_{name}", text) for name in OPTIONS if name in body for text in option_texts(name, body)]
    if isinstance(body.get("preset"), str):
        pairs.append(("_preset", body["preset"]))
    return urlencode([*pairs, *((f"_{name}", text) for name, text in more.items() if text)])


def schedule_of(parameters: Sequence[Parameter], body: Mapping[str, Any]) -> dict[str, str]:
    """The query that fills in the form of a schedule with the same; options have their own names there."""
    private = {parameter.name for parameter in parameters if parameter.kind == "private"}
    options = {name: ", ".join(option_texts(name, body)) for name in OPTIONS if name in body}
    reserved = {f"_{name}": options.pop(name) for name in ("location", "environment") if name in options}
    values = {name: text_of(value) for name, value in values_of(body).items() if name not in private}
    return {"pipeline": str(body["pipeline"]), **options, **values, **reserved}


def values_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters in a body, which may be anything."""
    values = body.get("parameters")
    return values if isinstance(values, dict) else {}


def over(parameters: Sequence[Parameter], values: Mapping[str, Any], body: Mapping[str, Any]) -> Body:
    """The body, its parameters laid over others; those of the others that are the default say nothing."""
    usual = {parameter.name for parameter in parameters if same(parameter.default, values.get(parameter.name, ABSENT))}
    told = {name: value for name, value in values.items() if name not in usual}
    return {**body, "parameters": {**told, **values_of(body)}}


def without(body: Mapping[str, Any], names: Sequence[str]) -> Body:
    """The body without some parameters."""
    return {**body, "parameters": {name: value for name, value in values_of(body).items() if name not in names}}


def option_texts(name: str, body: Mapping[str, Any]) -> list[str]:
    """What stands in the field of an option; one text but for pools."""
    value = body.get(name, OPTIONS[name])
    if name == "pools" and isinstance(value, list):
        return [text_of(pool) for pool in value]
    if name == "labels" and isinstance(value, dict):
        return ["\n".join(f"{label}={text_of(text)}" for label, text in value.items())]
    return [text_of(value)]


def summary(body: Mapping[str, Any]) -> str:
    """The options of a body that are other than usual, in one line."""
    told = []
    for name in ("location", "environment", "workers", "priority", "max_attempts", "if_active"):
        if name in body:
            told.append(f"{name.replace('_', ' ')} {text_of(body[name])}")
    if "timeout_s" in body:
        told.append(f"time limit {text_of(body['timeout_s'])} s")
    for name, what in (("pools", "pool"), ("labels", "label")):
        count = len(body[name]) if isinstance(body.get(name), (list, dict)) else 0
        if count:
            told.append(f"{count} {what}{'' if count == 1 else 's'}")
    return ", ".join(told)


def _option(name: str, texts: Sequence[str]) -> Any:
    """The value of an option; what is no value stays a text, which its model refuses."""
    written = [text.strip() for text in texts if text.strip()]
    if not written:
        return ABSENT
    if name == "pools":
        return written
    if name == "labels":
        pairs = [line.partition("=") for line in written[-1].splitlines() if line.strip()]
        return {label.strip(): value.strip() for label, _, value in pairs}
    return fields.number(written[-1]) if name in _NUMBERS else written[-1]
