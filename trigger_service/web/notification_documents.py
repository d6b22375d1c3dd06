"""Notification rules: what requests and replies contain, and how replies are made."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from trigger_service.domain.notice_texts import subject
from trigger_service.domain.notices import Channel, ChannelKind, Event, Message, MessageState, Rule
from trigger_service.domain.schedule import DAY_S
from trigger_service.web.replies import iso
from trigger_service.web.responses import Document
from trigger_service.web.schemas import Name, Whole

_Text = Annotated[str, Field(min_length=1, max_length=2000)]


class ChannelBody(BaseModel):
    """Where messages go. What is left out of `url` and `secret` stays as it was."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    kind: ChannelKind = Field(description="Slack and what is compatible with it, mail, a signed webhook, or apprise")
    url: _Text | None = Field(default=None, description="The address of all but mail; it is never shown again")
    secret: _Text | None = Field(
        default=None, description="What a webhook is signed with (`whsec_...`); one is made where there is none"
    )
    to: list[_Text] = Field(default=[], max_length=50, description="Addresses of mail")

    def channel(self) -> Channel:
        """What of it is no secret, in the domain's words."""
        return Channel(self.kind, tuple(self.to))

    def secrets(self) -> dict[str, str]:
        """What of it is."""
        given = {"url": self.url, "secret": self.secret}
        return {name: value for name, value in given.items() if value is not None}


class RuleBody(BaseModel):
    """Of what somebody is told, and where."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    events: list[Event] = Field(
        min_length=1,
        max_length=4,
        description="A run has failed; has succeeded where the one before it with the same parameters had failed; a "
        "schedule is late; a run takes longer than its pipeline usually did",
    )
    channel: ChannelBody = Field(description="Where messages go")
    pipelines: list[Name] = Field(default=["*"], min_length=1, max_length=100, description="Globs of their names")
    labels: dict[Name, Name] = Field(default={}, max_length=50, description="All of these the run has to have")
    late_s: float = Field(
        default=3600,
        ge=1,
        le=31 * DAY_S,
        allow_inf_nan=False,
        description="A schedule is late without a success so many seconds after its fire time",
    )
    longer_than: float = Field(
        default=2, ge=1, le=1000, allow_inf_nan=False, description="How many times as long as usual is long"
    )
    fold_s: float = Field(
        default=300,
        ge=0,
        le=DAY_S,
        allow_inf_nan=False,
        description="Of what is the same, for so many seconds only the first is told, and then how many more",
    )

    def rule(self, name: str) -> Rule:
        """The same in the domain's words, but for the secrets of the channel."""
        return Rule(
            name,
            tuple(self.events),
            self.channel.channel(),
            tuple(self.pipelines),
            self.labels,
            self.late_s,
            self.longer_than,
            self.fold_s,
        )


class RulePath(BaseModel):
    """Which rule."""

    name: str = Field(description="Its name")


class MessagesQuery(BaseModel):
    """Which messages to list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    before: str | None = Field(default=None, max_length=100, description="Before the message with this id")
    limit: Whole = Field(default=50, ge=1, le=500, description="At most so many")


class ChannelDocument(Document):
    """Where messages go."""

    kind: ChannelKind
    address: str = Field(description="What of it may be seen")


class RuleDocument(Document):
    """A notification rule."""

    name: str
    events: list[Event]
    channel: ChannelDocument
    pipelines: list[str]
    labels: dict[str, str]
    late_s: float
    longer_than: float
    fold_s: float
    paused: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime


class SavedRuleDocument(RuleDocument):
    """A notification rule, as it was saved."""

    secret: str | None = Field(description="What the webhook is signed with, where it was made now: keep it")


class RulesDocument(Document):
    """All notification rules."""

    items: list[RuleDocument]


class MessageDocument(Document):
    """A message of a rule, and what has become of it."""

    id: str = Field(description="A webhook has it as its `webhook-id`, each time that it is sent")
    event: str
    subject: str
    run_id: str | None
    state: MessageState = Field(description="`folded`: told by another one, together with others")
    tries: int
    last_error: str
    next_try_at: AwareDatetime | None
    created_at: AwareDatetime
    ended_at: AwareDatetime | None = Field(description="When it was sent, or given up")
    folded_into: str | None = Field(description="The message that tells of it")
    more: int = Field(description="How many such things it stands for, where it does")


class MessagesDocument(Document):
    """Messages, newest first."""

    items: list[MessageDocument]


def rule_json(rule: Rule) -> dict[str, Any]:
    """A rule."""
    return {
        "name": rule.name,
        "events": list(rule.events),
        "channel": {"kind": rule.channel.kind, "address": rule.channel.shown},
        "pipelines": list(rule.pipelines),
        "labels": dict(rule.labels),
        "late_s": rule.late_s,
        "longer_than": rule.longer_than,
        "fold_s": rule.fold_s,
        "paused": rule.paused,
        "created_at": iso(rule.created_at),
        "updated_at": iso(rule.updated_at),
    }


def message_json(message: Message) -> dict[str, Any]:
    """A message."""
    return {
        "id": message.id,
        "event": message.notice.event,
        "subject": subject(message.notice),
        "run_id": message.notice.run_id,
        "state": message.state,
        "tries": message.tries,
        "last_error": message.last_error,
        "next_try_at": iso(message.next_try_at),
        "created_at": iso(message.created_at),
        "ended_at": iso(message.ended_at),
        "folded_into": message.folded_into,
        "more": message.notice.more,
    }
