"""Halves of surrogate pairs: Python has them, of names of files that are no UTF-8; nothing else takes them."""

from __future__ import annotations

import re
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")


def without_halves(value: Any) -> Any:
    r"""The JSON value, in its texts `\ud800` in the place of such a half: no database, page or file could have it."""
    if isinstance(value, str):
        return _HALF.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    if isinstance(value, dict):
        return {without_halves(key): without_halves(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_halves(item) for item in value]
    return value


def may_have_halves(record: bytes) -> bool:
    r"""Whether a JSON text has an escaped half, alone or in a pair: cheaper to ask than to look through its value."""
    return b"\\ud" in record or b"\\uD" in record
