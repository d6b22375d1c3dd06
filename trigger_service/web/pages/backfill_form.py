"""The form of a backfill: from what is written to the body that the API takes."""

from __future__ import annotations

from collections.abc import Mapping

from trigger_service.domain.errors import InvalidRequest, Problem
from trigger_service.web.backfill_documents import BackfillBody
from trigger_service.web.pages import request_form
from trigger_service.web.pages.filled import Form, Reader
from trigger_service.web.pages.forms import number
from trigger_service.web.validation import of_form

READERS: Mapping[str, Reader] = {
    **request_form.READERS,
    "parameter": str,
    "range.start": str.strip,
    "range.stop": str.strip,
    "range.last": number,
    "range.step": number,
    "values": lambda text: [line.strip() for line in text.splitlines() if line.strip()],
    "order": str,
    "parallel": number,
}


def body_of(form: Form) -> BackfillBody:
    """What the form says, by the rules of the API; raises InvalidRequest."""
    body = form.body(READERS)
    if list(body.get("range", {})) == ["step"]:  # it stands there from the beginning
        del body["range"]
    if "range" not in body and "values" not in body:
        raise InvalidRequest([Problem("/range/start", "Say which values: from where, or the last so many.")])
    return of_form(BackfillBody, body)
