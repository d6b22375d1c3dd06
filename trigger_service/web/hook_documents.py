"""Webhooks: what requests and replies contain, and how replies are made."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from trigger_service.domain.hook_secrets import DAY_S, LONGEST_KEPT_S, HookSecrets
from trigger_service.domain.sensors import Delivery, DeliveryState
from trigger_service.domain.signatures import LONGEST_TOLERANCE_S, TOLERANCE_S, Digest, Encoding, Scheme, WebhookSource
from trigger_service.web.replies import iso
from trigger_service.web.responses import Document

#: What somebody may deliver.
EXAMPLE = {"ref": "refs/heads/main", "repository": {"name": "warehouse"}}
#: A longer secret is refused before its key is looked at.
LONGEST_SECRET = 500


class WebhookSourceBody(BaseModel):
    """Waits for signed deliveries to /hooks/ and the sensor's name; all but `scheme` goes with `hmac`."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    kind: Literal["webhook"] = Field(description="A webhook")
    scheme: Scheme = Field(
        default="standard",
        description="Standard Webhooks; X-Hub-Signature-256 as GitHub has it; or an HMAC as the others say",
    )
    header: str = Field(default="", max_length=100, description="The header that has the signature")
    prefix: str = Field(default="", max_length=100, description="What stands in it before the signature: `sha256=`")
    encoding: Encoding = Field(default="hex", description="How the signature is written")
    digest: Digest = Field(default="sha256", description="The hash of the HMAC")
    id_header: str = Field(
        default="", max_length=100, description="The header that has a delivery's id; else that is its body's SHA-256"
    )
    timestamp_header: str = Field(
        default="",
        max_length=100,
        description="The header that has seconds since the epoch; then `{timestamp}.{body}` is signed",
    )
    tolerance_s: float = Field(
        default=TOLERANCE_S,
        ge=1,
        le=LONGEST_TOLERANCE_S,
        allow_inf_nan=False,
        description="By how much they may differ from the clock here",
    )

    def source(self) -> WebhookSource:
        """The same in the domain's words."""
        return WebhookSource(**self.model_dump(exclude={"kind"}))


class RotationBody(BaseModel):
    """A new secret for a webhook."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    secret: str | None = Field(
        default=None, max_length=LONGEST_SECRET, description="One that the sender has made; without it one is made here"
    )
    keep_old_for_s: float = Field(
        default=DAY_S, ge=0, le=LONGEST_KEPT_S, allow_inf_nan=False, description="For how long the old one stays good"
    )


class RotationDocument(Document):
    """What became of the secrets of a webhook."""

    secret: str | None = Field(description="The new one, shown this once; null where it was given")
    old_good_until: AwareDatetime | None = Field(description="Null where the old one is good no more")


class HookPath(BaseModel):
    """Which webhook."""

    name: str = Field(description="Its name, which is that of its sensor")


class OutcomeDocument(Document):
    """What has become of a delivery."""

    delivery: str = Field(description="The id that its sender gave it; of a body without one its SHA-256")
    state: DeliveryState
    run_id: str | None
    reason: str = Field(description="Why it waits, or was skipped")


def rotation_json(secrets: HookSecrets, shown: str | None) -> dict[str, Any]:
    """What became of the secrets of a webhook."""
    return {"secret": shown, "old_good_until": iso(secrets.old_until) if secrets.old else None}


def outcome_json(delivery: Delivery) -> dict[str, Any]:
    """What has become of a delivery."""
    return {
        "delivery": delivery.key,
        "state": delivery.state,
        "run_id": delivery.run_id,
        "reason": delivery.reason,
    }
