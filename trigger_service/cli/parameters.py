"""Reading of what stands on the command line: ids, `-p name=value`, labels."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import click


class RunId(click.ParamType[str]):
    """A run's id, or the beginning of one."""

    name = "ID"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text in lower case, where it can be one."""
        if not re.fullmatch(r"[0-9a-f-]{4,36}", value.lower()):
            self.fail(f"expected a run's id, or its first characters (4 at least), not {value!r}", param, ctx)
        return value.lower()


def parse_parameters(given: Iterable[str]) -> dict[str, Any]:
    """Values by name: `k=v` is text, which the parameter's own class parses as on Luigi's command line; `k:=json` is
    any JSON value. Raises click.BadParameter."""
    values: dict[str, Any] = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator or not name.rstrip(":"):
            raise click.BadParameter(f"expected NAME=VALUE or NAME:=JSON, not {text!r}")
        is_json = name.endswith(":")
        name = name.removesuffix(":")
        if name in values:
            raise click.BadParameter(f"{name!r} is given twice")
        values[name] = _json(name, value) if is_json else value
    return values


def parse_labels(given: Iterable[str]) -> dict[str, str]:
    """Labels by name from `k=v`; raises click.BadParameter."""
    pairs = [text.partition("=") for text in given]
    for name, separator, _ in pairs:
        if not separator or not name:
            raise click.BadParameter(f"expected NAME=VALUE, not {name!r}")
    return {name: value for name, _, value in pairs}


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"the value of {name!r} is not JSON: {error}") from error
