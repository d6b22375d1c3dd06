"""Run ids: UUID version 7 (RFC 9562, section 5.7), so that ids sort by time of creation."""

from __future__ import annotations

import re
import uuid

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def uuid7(now: float, randomness: bytes) -> str:
    """A UUIDv7 for the time `now` (seconds since the epoch) and 10 random bytes."""
    value = bytearray(int(now * 1000).to_bytes(6, "big") + randomness[:10])
    value[6] = 0x70 | (value[6] & 0x0F)
    value[8] = 0x80 | (value[8] & 0x3F)
    return str(uuid.UUID(bytes=bytes(value)))


def is_run_id(text: str) -> bool:
    """Whether `text` is exactly one lower-case UUIDv7."""
    return _ID.fullmatch(text) is not None
