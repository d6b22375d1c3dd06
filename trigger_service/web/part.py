"""A part of the API: its routes are described for the OpenAPI document when somebody reads it, not at the start."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.openapi import OpenAPI
from flask_openapi3.types import ParametersTuple
from flask_openapi3.utils import parse_parameters

from trigger_service.web.responses import PROBLEMS


class Part(APIBlueprint):
    """Routes of the API. The library would make the schemas of all that they take and answer as they are defined."""

    def __init__(self, name: str, module: str) -> None:
        super().__init__(name, module, abp_responses=PROBLEMS)
        self._undescribed: list[Callable[[], object]] = []

    def _collect_openapi_info(self, rule: str, func: Callable[..., Any], **told: Any) -> ParametersTuple:
        """Called by the library for each route; gives what the route takes."""
        self._undescribed.append(partial(super()._collect_openapi_info, rule, func, **told))
        return parse_parameters(func, doc_ui=False)

    def describe(self, app: OpenAPI) -> None:
        """Put the routes into the document of the application, in which they are registered already."""
        for describe in self._undescribed:
            describe()
        app.paths.update(self.paths)
        app.components_schemas.update(self.components_schemas)
