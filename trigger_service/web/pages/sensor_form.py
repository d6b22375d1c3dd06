"""The forms of sensors: from what is written to the body that the API takes, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from trigger_service.domain.sensors import Sensor, SensorKind
from trigger_service.web.pages import request_form
from trigger_service.web.pages.filled import Form, Reader, checked, decimal, json_value, pairs, words
from trigger_service.web.sensor_documents import SensorBody
from trigger_service.web.validation import of_form


def _source(text: str) -> Any:
    """Where a parameter is taken from: an object is JSON, all else a pointer, or a text with pointers."""
    stripped = text.strip()
    try:
        found = json.loads(stripped)
    except json.JSONDecodeError:
        return stripped
    return found if isinstance(found, dict) else stripped


READERS: Mapping[str, Reader] = {
    **request_form.READERS,
    "mapping.*": _source,
    "filter": json_value,
    "secret": str.strip,
    "source.scheme": str,
    "source.header": str.strip,
    "source.prefix": str,
    "source.encoding": str,
    "source.digest": str,
    "source.id_header": str.strip,
    "source.timestamp_header": str.strip,
    "source.tolerance_s": decimal,
    "source.inbox": str,
    "source.pattern": str,
    "source.settle_s": decimal,
    "source.changed": checked,
    "source.existing": checked,
    "source.batch_s": decimal,
    "source.poll_s": decimal,
    "source.ordered": checked,
    "source.pipelines": words,
    "source.environment": str,
    "source.match": pairs,
}


def sensor_of(form: Form, kind: SensorKind, name: str, old: Sensor | None) -> tuple[Sensor, str | None]:
    """The sensor that the form says, and the secret in it; raises InvalidRequest, by the rules of the API."""
    filled = form.body(READERS)
    body = {**filled, "source": {**filled.get("source", {}), "kind": kind}}
    if old is not None:
        body["parameters"] = request_form.kept(body.get("parameters", {}), old.request.parameters)
    read = of_form(SensorBody, body)
    return read.sensor(name), read.secret


def form_of(sensor: Sensor) -> Form:
    """The form as it is filled in for a sensor."""
    mapping = {f"mapping.{name}": request_form.written_value(value) for name, value in sensor.mapping.items()}
    source = {f"source.{name}": _written(value) for name, value in asdict(sensor.source).items()}
    told = "" if sensor.filter is None else json.dumps(sensor.filter, ensure_ascii=False)
    return Form({**request_form.written_of(sensor.request), **mapping, **source, "filter": told})


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "\n".join(f"{name}={member}" for name, member in value.items())
    return ", ".join(value) if isinstance(value, (list, tuple)) else request_form.written_value(value)
