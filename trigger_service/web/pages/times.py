"""Moments and durations as people read them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def clock(moment: float, now: float) -> str:
    """`14:31:02 UTC`, and the day before it where that is not today's."""
    then, today = datetime.fromtimestamp(moment, UTC), datetime.fromtimestamp(now, UTC)
    day = "" if then.date() == today.date() else f"{then.day} {then:%B %Y}, "
    return f"{day}{then:%H:%M:%S} UTC"


def lasting(seconds: float) -> str:
    """`4 min 25 s`: the two largest units that there are."""
    left = max(0, int(seconds))
    parts: list[str] = []
    for length, name in _UNITS:
        count, left = divmod(left, length)
        if count or (parts and len(parts) < 2):
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"
