"""Pages about the API itself: the OpenAPI document, its reference, one page for each kind of problem."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from flask import Blueprint, Response, render_template
from markupsafe import Markup, escape
from werkzeug.exceptions import NotFound

from trigger_service.web import reference
from trigger_service.web.files import static_files, told
from trigger_service.web.problem_examples import example
from trigger_service.web.problems import kinds
from trigger_service.web.replies import read_reply

_SPAN = re.compile(r"`([^`]+)`")


def blueprint(document: Callable[[], Mapping[str, Any]]) -> Blueprint:
    """The routes; `document` gives the OpenAPI document. Nothing is made before somebody asks for it."""
    pages = Blueprint("documentation", __name__)
    pages.add_app_template_filter(spans)
    loaded = static_files()

    @cache
    def groups() -> list[reference.Group]:
        return reference.groups(document())

    @pages.get("/api/v1/openapi.json")
    def openapi() -> Response:
        return read_reply(document())

    @pages.get("/api/v1/docs")
    def docs() -> Response:
        return _page(
            render_template(
                "reference.html", groups=groups(), schemas=reference.schemas(document()), document=document()
            )
        )

    @pages.get("/problems/")
    def problems() -> Response:
        by_status = sorted(kinds().values(), key=lambda kind: (kind.status, kind.name))
        return _page(render_template("problems.html", kinds=by_status))

    @pages.get("/problems/<name>")
    def problem(name: str) -> Response:
        kind = kinds().get(name)
        if kind is None:
            raise NotFound
        routes = [
            operation
            for group in groups()
            for operation in group.operations
            if name in {k.name for k in operation.problems}
        ]
        return _page(
            render_template("problem.html", kind=kind, routes=routes, example=reference.example_text(example(kind)))
        )

    @pages.get("/static/<name>")
    def static(name: str) -> Response:
        if name not in loaded:
            raise NotFound
        return told(loaded[name].content, loaded[name].media_type)

    return pages


def spans(text: str) -> Markup:
    """Text with what stands between backticks as code."""
    return Markup(_SPAN.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped just before)


def _page(html: str) -> Response:
    return told(html.encode(), "text/html")
