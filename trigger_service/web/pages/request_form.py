"""What forms that make requests have in common: schedules, sensors and backfills all say what run is to be made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from trigger_service.domain.place import DEFAULT
from trigger_service.domain.run import RunRequest
from trigger_service.launchers.base import Pipeline
from trigger_service.web.pages.filled import Form, Reader, decimal, pairs, words
from trigger_service.web.pages.forms import number
from trigger_service.web.services import Services

#: The fields of a request for a run, and how each is read. Parameters are texts, as on the command line.
READERS: Mapping[str, Reader] = {
    "pipeline": str,
    "module": str,
    "location": str,
    "environment": str,
    "parameters.*": lambda text: text,
    "preset": str,
    "priority": number,
    "pools": words,
    "labels": pairs,
    "workers": number,
    "timeout_s": decimal,
    "max_attempts": number,
    "if_active": str,
}
#: Those that the form has a control for, besides those of the parameters: the others are hidden.
SHOWN = ("pools", "labels", "priority", "workers", "timeout_s", "max_attempts", "if_active", "preset")
#: Names of the query that are no parameters.
_RESERVED = {"_location": "location", "_environment": "environment", "_preset": "preset"}


@dataclass(frozen=True)
class Choice:
    """A pipeline that may be chosen."""

    family: str
    #: Where several locations have one of its name.
    location: str

    @property
    def query(self) -> str:
        """What chooses it, in an address."""
        return urlencode({"pipeline": self.family, "_location": self.location})


def choices(services: Services) -> list[Choice]:
    """All pipelines, roots first, in the order of their names."""
    found = sorted(services.places.catalogue().pipelines, key=lambda each: (not each.root, each.family))
    families = [each.family for each in found]
    return [Choice(each.family, each.location if families.count(each.family) > 1 else "") for each in found]


def pipeline_of(services: Services, form: Form) -> Pipeline:
    """The pipeline that a form is about; raises PipelineNotFound, AmbiguousPipeline, UnknownPlace."""
    return services.triggers.pipeline(
        RunRequest(
            form.text("pipeline"),
            location=form.text("location") or None,
            environment=form.text("environment") or DEFAULT,
            module=form.text("module"),
        )
    )


def public(pipeline: Pipeline) -> list[Mapping[str, Any]]:
    """The parameters that such a request may give."""
    return [each for each in pipeline.parameters if each["visibility"] == "public"]


def prefilled(query: Mapping[str, str], pipeline: Pipeline | None) -> dict[str, str]:
    """The fields that a query fills in: as they are named, and `month=2013-01` for a parameter."""
    names = {each["name"] for each in public(pipeline)} if pipeline else set()
    found = {}
    for name, text in query.items():
        if name in names and name != "pipeline":
            found[f"parameters.{name}"] = text
        else:
            found[_RESERVED.get(name, name)] = text
    return found


def written_of(request: RunRequest) -> dict[str, str]:
    """The fields of a request that is there already."""
    numbers = {"priority": request.priority or None, "workers": request.workers, "timeout_s": request.timeout_s}
    numbers["max_attempts"] = None if request.max_attempts == 1 else request.max_attempts
    return {
        "pipeline": request.pipeline,
        "module": request.module,
        "location": request.location or "",
        "environment": request.environment,
        **{f"parameters.{name}": written_value(value) for name, value in request.parameters.items()},
        "preset": request.preset,
        "pools": ", ".join(request.pools),
        "labels": "\n".join(f"{name}={value}" for name, value in request.labels.items()),
        "if_active": request.if_active,
        **written_values(numbers),
    }


def written_value(value: Any) -> str:
    """A JSON value in a field: a text as it is."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def launching(request: RunRequest) -> dict[str, str]:
    """The query that fills in the form which launches such a run."""
    reserved = {"_location": request.location, "_environment": request.environment, "_preset": request.preset}
    named = {name: text for name, text in reserved.items() if text and text != DEFAULT}
    return {**written_values(request.parameters), **named}


def written_values(values: Mapping[str, Any]) -> dict[str, str]:
    """JSON values by name, as they stand in fields."""
    return {name: written_value(value) for name, value in values.items()}


def kept(parameters: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as they were written, those that nobody changed as they were: a number stays one, nothing nothing."""
    unchanged = {name: value for name, value in old.items() if written_value(value) == parameters.get(name, "")}
    return {**parameters, **unchanged}
