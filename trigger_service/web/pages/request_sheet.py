"""What pages with a form for a request have in common: the pipeline that it is about, and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from trigger_service.domain.errors import TriggerError
from trigger_service.launchers.base import Pipeline
from trigger_service.web.pages.filled import Form
from trigger_service.web.pages.request_form import pipeline_of, public, written_value, written_values
from trigger_service.web.services import Services


class RequestSheet:
    """A form for what makes runs of one pipeline."""

    def __init__(self, services: Services, form: Form) -> None:
        self._services = services
        self.form = form

    @property
    def pipeline(self) -> Pipeline | None:
        """The one that the form is about; None where that is not known (any more)."""
        return self._found[0]

    @property
    def trouble(self) -> str:
        """Why it is not known; empty where it is."""
        return self._found[1]

    @cached_property
    def parameters(self) -> list[Mapping[str, Any]]:
        """Those that have a field: of a pipeline that is not known those that are given."""
        if self.pipeline is not None:
            return public(self.pipeline)
        given = [name.partition(".")[2] for name in self.form.sent if name.startswith("parameters.")]
        return [{"name": name, "type": "", "description": "", "required": False, "schema": {}} for name in given]

    @property
    def private(self) -> list[str]:
        """The parameters that cannot be given here, because their values are never kept in clear."""
        known = {each["name"] for each in self.parameters}
        return [
            each["name"] for each in (self.pipeline.parameters if self.pipeline else ()) if each["name"] not in known
        ]

    def default_of(self, parameter: Mapping[str, Any]) -> str:
        """What a parameter is where nothing is written."""
        return written_value(parameter["schema"].get("default"))

    def texts_of(self, values: Mapping[str, Any]) -> dict[str, str]:
        """JSON values, as they are shown."""
        return written_values(values)

    @cached_property
    def _found(self) -> tuple[Pipeline | None, str]:
        try:
            return pipeline_of(self._services, self.form), ""
        except TriggerError as error:
            return None, str(error)
