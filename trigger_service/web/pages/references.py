"""Sentences of the service on a page: the runs that they name are links. Pure."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_RUN = re.compile(r"\b([0-9a-f]{8}-[0-9a-f]{4})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


def with_runs(text: str) -> Markup:
    """The text; the id of each run leads to it, and is cut to what tells it from others."""
    return Markup(_RUN.sub(r'<a class="mono" href="/runs/\g<0>">\1</a>', str(escape(text))))  # noqa: S704 (escaped)
