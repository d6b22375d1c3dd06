"""What every template may use without importing it: the macros of `parts.html` and `charts.html`, and ways to write."""

from __future__ import annotations

import time

from jinja2 import Environment

from trigger_service.web.pages import charts
from trigger_service.web.pages.kinds import text_of
from trigger_service.web.pages.latency_picture import delay
from trigger_service.web.pages.references import with_runs
from trigger_service.web.pages.squares import Squares
from trigger_service.web.pages.times import brief, lasting, took, written
from trigger_service.web.pages.visible import visible
from trigger_service.web.replies import iso

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def install(env: Environment) -> None:
    """Make them known to the templates."""
    env.globals.update(
        iso=iso, lasting=lasting, took=took, brief=brief, with_runs=with_runs, size=size, number=number,
        visible=visible, text_of=text_of,
        squares_of=Squares, durations_of=charts.durations, success_of=charts.success, delay=delay,
        written=lambda moment, form: written(moment, form, time.time()),
    )  # fmt: skip
    for template in ("parts.html", "charts.html"):
        macros = env.get_template(template).module
        env.globals.update({name: vars(macros)[name] for name in dir(macros) if not name.startswith("_")})


def number(value: float) -> str:
    """`4 812 306`: a narrow space between thousands."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def size(count: float) -> str:
    """`61 kB`: bytes in powers of ten, with one digit after the point below ten."""
    left, unit = float(count), 0
    while left >= 999.5 and unit < len(_UNITS) - 1:
        left, unit = left / 1000, unit + 1
    return f"{left:.1f} {_UNITS[unit]}" if unit and left < 9.95 else f"{left:.0f} {_UNITS[unit]}"
