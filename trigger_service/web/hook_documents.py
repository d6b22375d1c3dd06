"""Webhooks: what requests and replies contain, and how replies are made."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from trigger_service.domain.sensors import Delivery, DeliveryState
from trigger_service.web.responses import Document

#: What somebody may deliver.
EXAMPLE = {"ref": "refs/heads/main", "repository": {"name": "warehouse"}}


class HookPath(BaseModel):
    """Which webhook."""

    name: str = Field(description="Its name, which is that of its sensor")


class OutcomeDocument(Document):
    """What has become of a delivery."""

    delivery: str = Field(description="The id that its sender gave it; of a body without one its SHA-256")
    state: DeliveryState
    run_id: str | None
    reason: str = Field(description="Why it waits, or was skipped")


def outcome_json(delivery: Delivery) -> dict[str, Any]:
    """What has become of a delivery."""
    return {
        "delivery": delivery.key,
        "state": delivery.state,
        "run_id": delivery.run_id,
        "reason": delivery.reason,
    }
