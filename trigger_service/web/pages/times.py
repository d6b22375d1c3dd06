"""Moments and durations as people read them; in UTC, until a script prints them in the zone of the reader. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

#: How a moment is written: `14:31:02`, `14:31`, `14:31:02.518` whatever the day, the day, or the time since (until)
#: then; `since` is the duration alone. `tick` is for an axis: `14:31`, and seconds where they are not 0.
Form = Literal["clock", "minute", "exact", "tick", "day", "ago", "since"]
#: Seconds below which a duration is not told any more precisely.
LEAST = 0.01
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def written(moment: float, form: Form, now: float) -> str:
    """A moment in one of the forms."""
    if form == "since":
        return _clocked(now - moment)
    if form == "exact":
        return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")[11:23]
    if form == "tick":
        then = datetime.fromtimestamp(moment, UTC)
        return f"{then:%H:%M:%S}" if then.second else f"{then:%H:%M}"
    if form == "ago":
        return f"{_whole(now - moment)} ago" if moment <= now else f"in {_whole(moment - now)}"
    if form == "day":
        return _day(moment)
    return clock(moment, now) if form == "clock" else clock(moment, now, "%H:%M")


def clock(moment: float, now: float, form: str = "%H:%M:%S") -> str:
    """`14:31:02 UTC`, and the day before it where that is not today's."""
    then = datetime.fromtimestamp(moment, UTC)
    day = "" if then.date() == datetime.fromtimestamp(now, UTC).date() else f"{_day(moment)}, "
    return f"{day}{then:{form}} UTC"


def lasting(seconds: float) -> str:
    """`4 min 25 s`: the two largest units that there are; below a second as `brief`."""
    return brief(seconds) if seconds < 1 else _whole(seconds)


def took(seconds: float) -> str:
    """`4:25`, or `3:12:05`: for columns, where durations stand below each other; below a second as `brief`."""
    return brief(seconds) if seconds < 1 else _clocked(seconds)


def brief(seconds: float) -> str:
    """`0.24 s`, `7.1 s`, and from ten seconds on as `took`: for what is often over at once."""
    if seconds < 1:
        return "0 s" if seconds <= 0 else f"{seconds:.2f} s" if seconds >= LEAST else f"<{LEAST} s"
    return f"{seconds:.1f} s" if seconds < 9.95 else _clocked(seconds)


# What follows counts whole seconds, as the scripts do that go on counting.


def _whole(seconds: float) -> str:
    left = max(0, int(seconds))
    parts: list[str] = []
    for length, name in _UNITS:
        count, left = divmod(left, length)
        if count or (parts and len(parts) < 2):
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def _clocked(seconds: float) -> str:
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _day(moment: float) -> str:
    then = datetime.fromtimestamp(moment, UTC)
    return f"{then.day} {then:%B %Y}"
