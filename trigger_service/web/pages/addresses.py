"""URLs of targets on pages: what of them is a secret is never shown, in text or in links. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

from trigger_service.domain.urls import shown_url

_FOLDER = re.compile(r"[^/]+/+")


def naming(url: str, write_id: int) -> tuple[str, str]:
    """How a request names a target: by its URL or, where that has a secret, by a write of it."""
    return ("url", url) if shown_url(url) == url else ("of", str(write_id))


def target_address(url: str, write_id: int = 0) -> str:
    """The page of a target; empty where it can only be named by a write and there is none."""
    name, value = naming(url, write_id)
    return "" if (name, value) == ("of", "0") else "/targets?" + urlencode({name: value})


def base(url: str) -> str:
    """What comes after the last folder."""
    return shown_url(url).rstrip("/").rpartition("/")[2] or shown_url(url)


def folders(url: str) -> Iterator[tuple[str, str]]:
    """The folders of a URL, each with what all URLs in it begin with; none for one that has a secret."""
    if shown_url(url) != url:
        return
    scheme, mark, rest = url.rpartition("://")
    root = scheme + mark if mark else "/" * (len(url) - len(url.lstrip("/")))
    upto, rest = root, rest.lstrip("/")
    for found in _FOLDER.findall(rest[: rest.rstrip("/").rfind("/") + 1]):
        name = root + found if upto == root else found
        upto += found
        yield name, upto
