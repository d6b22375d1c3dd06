"""The page instead of one that cannot be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template


def refused_page(problem: Mapping[str, Any]) -> str:
    """The problem document as a page, with a way out."""
    return render_template("refused.html", problem=problem)
