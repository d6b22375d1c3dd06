"""Notifications: which rules somebody is to be told by, what they are told, and what became of telling them. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Dict, Literal, Mapping, Optional, Sequence, Tuple

from trigger_service.domain.mistakes import cut
from trigger_service.domain.plan import Span
from trigger_service.domain.run import Run, RunError

#: A run has failed, or has succeeded where the one before it had failed; a schedule is late; a run takes too long.
Event = Literal["failed", "recovered", "late", "long"]
EVENTS: Tuple[Event, ...] = ("failed", "recovered", "late", "long")
#: The event of a message that somebody sends to see whether it arrives.
TEST = "test"
ChannelKind = Literal["slack", "mail", "webhook", "apprise"]
#: `folded` is told by another message, together with others.
MessageState = Literal["pending", "sent", "failed", "folded"]

#: Characters that are kept of the message of an error.
MOST_CHARACTERS = 4000
#: Lines of a failing task that are told.
LINES = 20
#: Runs that have to have succeeded before one can be longer than they were, and the least length of one that is long.
LEAST_HISTORY = 5
LEAST_LONG_S = 60.0
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Channel:
    """Where messages go. The address of all but mail is a secret, and kept apart."""

    kind: ChannelKind
    #: The addresses of mail.
    to: Tuple[str, ...] = ()
    #: What of the address may be seen: "https://hooks.slack.com/...".
    shown: str = ""


@dataclass(frozen=True)
class Rule:
    """Of what somebody is told, and where. Times are seconds since the epoch."""

    name: str
    events: Tuple[Event, ...]
    channel: Channel
    #: Globs; the pipeline has to match one of them.
    pipelines: Tuple[str, ...] = ("*",)
    #: All of these the run has to have.
    labels: Mapping[str, str] = field(default_factory=dict)
    #: A schedule is late where it has not succeeded so many seconds after its fire time.
    late_s: float = 3600.0
    #: A run is long that takes so many times as long as runs of its pipeline usually did.
    longer_than: float = 2.0
    #: Of what is the same, for so many seconds only the first is told at once, and then how many more there were.
    fold_s: float = 300.0
    paused: bool = False
    #: The position of the last end of a run that it does not tell of; a clock may be stepped, this goes on.
    since: int = 0
    created_at: float = 0.0
    updated_at: float = 0.0

    def evolve(self, **changes: Any) -> Rule:
        """The same with some changes."""
        return replace(self, **changes)

    def covers(self, event: str, pipeline: str, labels: Mapping[str, str]) -> bool:
        """Whether it tells of such a thing."""
        return (
            not self.paused
            and event in self.events
            and any(fnmatchcase(pipeline, glob) for glob in self.pipelines)
            and all(labels.get(name) == value for name, value in self.labels.items())
        )


@dataclass(frozen=True)
class Notice:
    """What is told. Nothing private is in it. Times are seconds since the epoch."""

    event: str
    time: float
    pipeline: str
    #: Public ones, as Luigi writes them.
    parameters: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    run_id: Optional[str] = None
    #: Of the run; empty where there is none.
    state: str = ""
    #: One line.
    reason: str = ""
    #: Class and message of the error, and the task that has failed.
    error_type: str = ""
    error_message: str = ""
    task_id: Optional[str] = None
    #: The last lines of that task; None while nobody has looked.
    lines: Optional[Tuple[str, ...]] = None
    #: The schedule that is late, and since which fire.
    schedule: Optional[str] = None
    fire_time: Optional[int] = None
    #: How many more such things there were, which this stands for; 0 where it is the thing itself.
    more: int = 0

    def evolve(self, **changes: Any) -> Notice:
        """The same with some changes."""
        return replace(self, **changes)

    @classmethod
    def of_run(cls, event: Event, run: Run, time: float) -> Notice:
        """What a run is told by."""
        error = run.error or RunError("", "")
        return cls(
            event,
            time,
            run.pipeline,
            parameters=run.texts,
            labels=run.labels,
            run_id=run.id,
            state=run.state,
            reason=run.reason,
            error_type=error.type,
            error_message=cut(error.message, MOST_CHARACTERS),
            task_id=error.task_id,
        )

    @property
    def key(self) -> str:
        """Unlike that of anything else that a rule could tell."""
        which = f"{self.schedule} {self.fire_time}" if self.event == "late" else self.run_id
        return f"{self.event} {which}"

    @property
    def fold(self) -> str:
        """Equal for what is told together: the same of one pipeline with the same error, numbers in it aside."""
        message = _NUMBER.sub("0", self.error_message)
        same = (self.event, self.pipeline, self.schedule or "", self.error_type, message)
        return hashlib.sha256("\n".join(same).encode("utf-8", "replace")).hexdigest()

    def to_json(self) -> Dict[str, Any]:
        """The object that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Notice:
        """Read what `to_json` gave."""
        lines = value["lines"]
        return cls(**{**value, "lines": None if lines is None else tuple(lines)})


@dataclass(frozen=True)
class Message:
    """A notice on its way along a rule: a row of the outbox, which is also the record of what was sent."""

    #: A UUIDv7, which receivers may know it by.
    id: str
    rule: str
    notice: Notice
    #: Unique in the rule: so that each thing is told once.
    key: str
    state: MessageState = "pending"
    created_at: float = 0.0
    #: When it is, or would have been, sent for the first time.
    due_at: float = 0.0
    #: When it is tried again; None where it is not.
    next_try_at: Optional[float] = None
    tries: int = 0
    #: Why the last try was in vain, in one line.
    last_error: str = ""
    #: When it was sent, or given up.
    ended_at: Optional[float] = None
    #: The message that tells of it together with others.
    folded_into: Optional[str] = None

    def evolve(self, **changes: Any) -> Message:
        """The same with some changes."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Folding:
    """What becomes of a message, given the newest one before it that tells the same."""

    #: The message that it is told by, where there is one already.
    into: Optional[str] = None
    #: When one is to be sent that tells of it; None where it is sent itself.
    at: Optional[float] = None


def folding(newest: Optional[Message], fold_s: float, now: float) -> Folding:
    """`newest` is the last message of the same fold that is sent itself, or is to be.

    The first is sent at once; what follows within `fold_s` is told at their end; and so on as long as it goes on.
    """
    if newest is None or now >= newest.due_at + fold_s:
        return Folding()
    if newest.notice.more and newest.state == "pending" and newest.due_at > now:
        return Folding(into=newest.id)
    return Folding(at=newest.due_at + fold_s)


#: Seconds from each try that was in vain to the next; the last of them is about a day after the first.
RETRY_S: Tuple[float, ...] = (5, 30, 120, 600, 3600, 7200, 14400, 28800, 28800)
#: A pause is longer by up to this share of it, so that what failed together is not tried again together.
JITTER = 0.1


def tried_in_vain(
    message: Message, reason: str, now: float, *, intervals: Sequence[float], luck: float, rest_s: float = 0.0
) -> Message:
    """A message after a try, which `tries` has counted already: put off, or given up after the last interval.

    `luck` is random, from 0 to 1; `rest_s` is what the receiver asks for.
    """
    if message.tries > len(intervals):
        told = f"{reason}; given up after {message.tries} tries"
        return message.evolve(state="failed", last_error=told, next_try_at=None, ended_at=now)
    pause = max(intervals[message.tries - 1], min(rest_s, intervals[-1])) * (1 + JITTER * luck)
    return message.evolve(last_error=reason, next_try_at=now + pause)


def is_long(took_s: float, usual: Optional[Span], factor: float) -> bool:
    """Whether a run that goes on after `took_s` seconds takes longer than its pipeline usually did."""
    if usual is None or usual.samples < LEAST_HISTORY:
        return False
    return took_s > max(factor * usual.seconds, usual.high, LEAST_LONG_S)
