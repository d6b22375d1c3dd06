"""How a target is named on the command line."""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

import click


class TargetUrl(click.ParamType[str]):
    """A URL, or the path of a file, which is made absolute."""

    name = "url"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name by which a target is known."""
        del param, ctx
        if value.startswith("file://"):
            return unquote(urlsplit(value).path)
        if "://" in value:
            return value
        path = os.path.abspath(value)  # noqa: PTH100 (resolve() would follow links)
        return f"{path}/" if value.endswith("/") and path != "/" else path
