"""Local times of a zone and the moments that they are; moments are whole seconds since the epoch."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (readings of clocks have no zone)
#: The years of times that can be written; there are fires for some more.
FIRST_YEAR, LAST_YEAR = 1970, 9900
WEEK_S = 7 * 24 * 3600
#: In the machine's folder of zones, yet none of IANA's: they mean other things elsewhere, or count leap seconds.
NOT_IANA = frozenset({"posix", "right", "localtime", "posixrules", "Factory"})

#: The parts of a time in the order of writing: name, pattern, what is expected.
PARTS = (
    ("year", "[0-9]{4}", "four digits"),
    ("year", "-", "-"),
    ("month", "0[1-9]|1[0-2]", "01 to 12"),
    ("month", "-", "-"),
    ("day", "0[1-9]|[12][0-9]|3[01]", "01 to 31"),
    ("time of day", "[T ]", "T and a time of day"),
    ("hour", "[01][0-9]|2[0-3]", "00 to 23"),
    ("hour", ":", ":"),
    ("minute", "[0-5][0-9]", "00 to 59"),
    ("second", r"(:[0-5][0-9](\.[0-9]+)?)?", ""),
    ("offset", r"(Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])?", ""),
    ("end", r"$(?!\n)", "the end, or :SECONDS, then nothing, Z or an offset such as +02:00"),
)


class Written(NamedTuple):
    """A time as somebody wrote it: the moment, and what the clocks are to show (None where it has an offset)."""

    moment: int
    wall: datetime | None


def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises ValueError, with what was expected and the mend."""
    if name.split("/", maxsplit=1)[0] in NOT_IANA:
        raise ValueError(_zone_fault(name))
    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError) as error:
        raise ValueError(_zone_fault(name)) from error


def _zone_fault(name: str) -> str:
    known = {zone.lower(): zone for zone in available_timezones() - NOT_IANA}
    if not known:
        return f"{name!r} cannot be looked up: this machine has no time zones; install its package tzdata (or pip's)"
    near = difflib.get_close_matches(name.lower()[:100], known, n=3, cutoff=0.6)
    near += [] if near else [zone for zone in sorted(known) if name and zone.endswith("/" + name.lower())][:3]
    mend = f"; the nearest: {', '.join(known[zone] for zone in near)}" if near else ""
    return f"{name[:100]!r} is no time zone: expected an IANA name such as Europe/Berlin, America/New_York or UTC{mend}"


def reading(zone: ZoneInfo, moment: int) -> datetime:
    """What clocks show at a moment, without a zone."""
    return datetime.fromtimestamp(moment, zone).replace(tzinfo=None, fold=0)


def offset(zone: ZoneInfo, moment: int) -> int:
    """By how many seconds clocks are ahead of UTC at a moment."""
    return _seconds(datetime.fromtimestamp(moment, zone).utcoffset())


def offsets(zone: ZoneInfo, wall: datetime) -> tuple[int, int]:
    """The offsets before and after, where a local time comes twice or not at all; the same twice where it comes once.

    The clocks skip it where the first is smaller; it comes twice where the first is larger.
    """
    aware = wall.replace(tzinfo=zone)
    return _seconds(aware.replace(fold=0).utcoffset()), _seconds(aware.replace(fold=1).utcoffset())


def first_moment(zone: ZoneInfo, wall: datetime) -> int:
    """When clocks show a local time, for the first time; where they skip it, when they show a later one."""
    before, after = offsets(zone, wall)
    shown = _seconds(wall - EPOCH)
    if before >= after:
        return shown - before
    changed = change(zone, shown - after, shown - before)
    assert changed is not None, "clocks that skip a time change their offset there"
    return changed


def change(zone: ZoneInfo, after: int, until: int) -> int | None:
    """The first moment in (after, until] from which on clocks have another offset.

    Two changes within a week of each other that add up to nothing would not be seen; no zone has such.
    """
    low, before = after, offset(zone, after)
    while low < until:
        high = min(low + WEEK_S, until)
        if offset(zone, high) != before:
            break
        low = high
    else:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
    return high


def written(text: str, zone: ZoneInfo) -> Written:
    """A time in ISO 8601, of the zone where it has no offset; fractions of a second are dropped.

    Raises ValueError, with the column of what is wrong, what was expected and the mend.
    """
    column = 0
    for name, pattern, expected in PARTS:
        match = re.compile(pattern).match(text, column)
        if match is None:
            found = repr(text[column : column + 10]) if text[column:] else "nothing"
            raise ValueError(f"{name}, column {column + 1}: expected {expected}, not {found}; write 2026-03-29T08:00")
        column = match.end()
    if not FIRST_YEAR <= int(text[:4]) < LAST_YEAR:
        mend = "leave the time out where there is none"
        raise ValueError(f"year, column 1: expected {FIRST_YEAR} to {LAST_YEAR - 1}, not {text[:4]}; {mend}")
    try:
        time = datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError as error:
        raise ValueError(f"day, column 9: {error}; write a day that the month has") from error
    if time.tzinfo:
        return Written(int(time.timestamp()), None)
    return Written(first_moment(zone, time), time)


def utc(moment: int) -> str:
    """A moment in ISO 8601, in UTC."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _seconds(span: timedelta | None) -> int:
    assert span is not None, "a time of a zone has an offset"
    return int(span.total_seconds())
