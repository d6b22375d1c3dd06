"""The form of a schedule: from what is written to the body that the API takes, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, cast

from trigger_service.domain.schedule import Kind, Timing
from trigger_service.domain.scheduled import Schedule
from trigger_service.web.pages import request_form
from trigger_service.web.pages.filled import Form, Reader, decimal
from trigger_service.web.pages.forms import number
from trigger_service.web.schedule_documents import ScheduleBody
from trigger_service.web.validation import of_form

READERS: Mapping[str, Reader] = {
    **request_form.READERS,
    "timing.kind": str,
    "timing.expression": str.strip,
    "timing.timezone": str.strip,
    "timing.start": str.strip,
    "timing.end": str.strip,
    "timing.jitter_s": decimal,
    "timing.grace_s": decimal,
    "timing.misfire": str,
    "timing.misfire_limit": number,
    "timing.overlap": str,
}


def body_of(form: Form, old: Schedule | None) -> ScheduleBody:
    """What the form says, by the rules of the API; raises InvalidRequest."""
    body: dict[str, Any] = {"timing": {}, **form.body(READERS)}
    if old is not None:
        body["parameters"] = request_form.kept(body.get("parameters", {}), old.request.parameters)
    return of_form(ScheduleBody, body)


def form_of(schedule: Schedule) -> Form:
    """The form as it is filled in for a schedule."""
    timing = {f"timing.{name}": request_form.written_value(value) for name, value in asdict(schedule.timing).items()}
    return Form({**request_form.written_of(schedule.request), **timing})


def wanted(form: Form) -> Timing:
    """When it is to fire, for words: as it is written, whether or not that can be read."""
    kind = form.text("timing.kind", "cron")
    return replace(Timing("cron", form.text("timing.expression")), kind=cast(Kind, kind))
