"""When a schedule fires, in words, and what becomes of fires that it could not keep. Pure: no calendar, no clock.

The calendar (cron, intervals, zones) is in `service/occurrences.py`. Fire times are whole seconds since the epoch.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass
from typing import Deque, Dict, Iterable, Iterator, List, Literal, Optional, Tuple, Union

from trigger_service.domain.errors import Problem

#: How `expression` is read: five fields of cron or an @-name; `15 minutes`; a time (`2026-03-29T08:00`).
Kind = Literal["cron", "interval", "once"]
#: What becomes of fires that are late: none is made up for, one fire for all of them, or each, up to a bound.
Misfire = Literal["skip", "once", "all"]
#: What a fire does while a run of the schedule is live: start beside it, wait for it, do nothing, or cancel it.
Overlap = Literal["allow", "queue", "skip", "replace"]

KINDS: Tuple[Kind, ...] = ("cron", "interval", "once")
MISFIRES: Tuple[Misfire, ...] = ("skip", "once", "all")
OVERLAPS: Tuple[Overlap, ...] = ("allow", "queue", "skip", "replace")

DAY_S = 24 * 3600
#: The largest `misfire_limit`, and how many late fires are told one by one; those before are told as a number.
MOST = 1000


@dataclass(frozen=True)
class Timing:
    """When a schedule fires, as somebody wrote it; `Occurrences` reads it, and refuses what cannot be read."""

    kind: Kind
    expression: str
    #: The IANA name in which local times of the expression, `start` and `end` are meant.
    timezone: str = "UTC"
    #: Times as text, local where they have no offset; both are times at which it may still fire.
    start: Optional[str] = None
    end: Optional[str] = None
    #: A fire is put off by 0 to this many seconds, always the same for the same fire.
    jitter_s: float = 0
    misfire: Misfire = "once"
    #: How many late fires `all` makes up for at most: the newest.
    misfire_limit: int = 100
    #: Seconds after its time (and its jitter) in which a fire counts as on time.
    grace_s: float = 60
    overlap: Overlap = "allow"


@dataclass(frozen=True)
class Missed:
    """A fire that is not to be; or, with a `count` above 1, that one and those before it."""

    fire_time: int
    #: One line.
    reason: str
    count: int = 1


@dataclass(frozen=True)
class Decision:
    """What becomes of the fires that are due; both in the order of time."""

    fire: Tuple[int, ...]
    missed: Tuple[Missed, ...]


@dataclass(frozen=True)
class Upcoming:
    """A fire that will be, as a preview shows it; times without the jitter."""

    #: Seconds since the epoch.
    at: int
    #: ISO 8601, to the second: without an offset, and with a `Z`.
    local: str
    utc: str
    #: Of the local time: `+02:00`.
    offset: str
    #: What the clocks do to it, in one line; None where they do nothing.
    note: Optional[str] = None

    def to_json(self) -> Dict[str, Union[str, int, None]]:
        """The object that the API shows."""
        return {"at": self.at, "local": self.local, "utc": self.utc, "offset": self.offset, "note": self.note}


def jitter(schedule: str, fire_time: int, jitter_s: float) -> float:
    """By how many seconds a fire is put off, from 0 to `jitter_s`: the same in every process, evenly spread."""
    if not jitter_s:
        return 0.0
    digest = hashlib.sha256(f"{schedule}\0{fire_time}".encode(errors="backslashreplace")).digest()
    return jitter_s * (int.from_bytes(digest[:6], "big") / (2**48 - 1))


def decide(due: Iterable[int], now: float, timing: Timing) -> Decision:
    """Which fires of `due` (oldest first, none after `now`) are to be fired, and which are missed.

    A fire is on time up to `grace_s` after the end of the longest jitter: such a one is always fired. For the others
    `skip` fires none, `once` the newest unless one on time stands for them, `all` the newest `misfire_limit`.
    Reads `due` once and keeps no more of it than it tells.
    """
    late_before = now - timing.grace_s - timing.jitter_s
    late: Deque[int] = deque(maxlen=MOST)
    on_time: List[int] = []
    count = 0
    for fire_time in due:
        if fire_time < late_before:
            late.append(fire_time)
            count += 1
        else:
            on_time.append(fire_time)
    made_up = _made_up(tuple(late), on_time, timing)
    told = tuple(late)[: len(late) - len(made_up)]
    why = _why(timing, made_up, on_time)
    missed = [Missed(t, f"{_span(now - t)} late, {why}") for t in told]
    if count > len(late):
        last = missed[0]
        unseen = count - len(late) + 1
        missed[0] = Missed(last.fire_time, f"{unseen} fires, the last of them {last.reason}", unseen)
    return Decision((*made_up, *on_time), tuple(missed))


def word_problems(timing: Timing) -> Iterator[Problem]:
    """What is wrong with the words and numbers of a timing; pointers name its members."""
    for member, words in (("kind", KINDS), ("misfire", MISFIRES), ("overlap", OVERLAPS)):
        word = getattr(timing, member)
        if word not in words:
            yield Problem(f"/{member}", f"{word!r} cannot be used: expected one of {', '.join(words)}")
    for member in ("jitter_s", "grace_s"):
        seconds = getattr(timing, member)
        if not (_is_number(seconds) and 0 <= seconds <= DAY_S):
            yield Problem(f"/{member}", f"{seconds!r} cannot be used: expected 0 to {DAY_S} seconds (a day)")
    limit = timing.misfire_limit
    if not (_is_number(limit) and isinstance(limit, int) and 1 <= limit <= MOST):
        detail = f"{limit!r} cannot be used: expected a whole number from 1 to {MOST}; for none, use misfire skip"
        yield Problem("/misfire_limit", detail)


def _made_up(late: Tuple[int, ...], on_time: List[int], timing: Timing) -> Tuple[int, ...]:
    if timing.misfire == "all":
        return late[-timing.misfire_limit :]
    return late[-1:] if timing.misfire == "once" and not on_time else ()


def _why(timing: Timing, made_up: Tuple[int, ...], on_time: List[int]) -> str:
    if timing.misfire == "skip":
        return f"and late fires are skipped (more than {_span(timing.grace_s)} after their time)"
    if timing.misfire == "once":
        return "and one fire stands for all that are late" + (": the next, which is on time" if on_time else "")
    return f"and only the newest {len(made_up)} that are late are made up for"


def _span(seconds: float) -> str:
    """A length of time in its two largest units: `2 days 3 h`, `5 min 10 s`."""
    rest = int(seconds)
    parts: List[Tuple[int, str]] = []
    for size, unit in ((DAY_S, "days"), (3600, "h"), (60, "min"), (1, "s")):
        number, rest = divmod(rest, size)
        if number or parts:
            parts.append((number, "day" if unit == "days" and number == 1 else unit))
    return " ".join(f"{number} {unit}" for number, unit in parts[:2] if number) or "0 s"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
