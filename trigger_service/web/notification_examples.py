"""Examples for the OpenAPI document of notifications, by the name of the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trigger_service.domain.notices import Channel, Message, Notice, Rule
from trigger_service.domain.run import Run
from trigger_service.web.notification_documents import message_json, rule_json

_DAY = 1_769_000_000.0
_RULE = Rule(
    name="failures",
    events=("failed", "recovered"),
    channel=Channel("slack", shown="https://chat.example.org/..."),
    pipelines=("Flights*",),
    labels={"team": "data"},
    created_at=_DAY,
    updated_at=_DAY,
)


def notification_examples(run: Run) -> Mapping[str, Any]:
    """Bodies and answers; `run` is the run that is told of."""
    message = Message(
        id="019be1e2-8d10-7c31-a5d2-6b7f0c9e4d18",
        rule="failures",
        notice=Notice.of_run("failed", run, _DAY + 4.2),
        key=f"failed {run.id}",
        state="sent",
        created_at=_DAY + 5.0,
        due_at=_DAY + 5.0,
        tries=1,
        ended_at=_DAY + 5.3,
    )
    return {
        "RuleBody": {
            "events": ["failed", "recovered"],
            "channel": {"kind": "slack", "url": "https://chat.example.org/hooks/0f8a1c"},
            "pipelines": ["Flights*"],
            "labels": {"team": "data"},
        },
        "RuleDocument": rule_json(_RULE),
        "SavedRuleDocument": {**rule_json(_RULE), "secret": None},
        "RulesDocument": {"items": [rule_json(_RULE)]},
        "MessageDocument": message_json(message),
        "MessagesDocument": {"items": [message_json(message)]},
    }
