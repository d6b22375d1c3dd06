"""Sensors: what requests and replies contain, and how replies are made."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from trigger_service.domain.filters import Verdict
from trigger_service.domain.place import DEFAULT
from trigger_service.domain.run import RunRequest
from trigger_service.domain.sensors import Delivery, DeliveryState, Sensor, SensorKind
from trigger_service.domain.upstream import PipelineSource
from trigger_service.web.file_documents import FileSourceBody
from trigger_service.web.hook_documents import LONGEST_SECRET, WebhookSourceBody
from trigger_service.web.replies import iso
from trigger_service.web.responses import Document
from trigger_service.web.schemas import Name, RunBody, Whole


class PipelineSourceBody(BaseModel):
    """Waits until a pipeline has succeeded; where it names several, until all of them have for the same `match`."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    kind: Literal["pipeline"]
    pipelines: list[Name] = Field(
        min_length=1, max_length=50, description="Task families, as GET /pipelines names them"
    )
    environment: Name = Field(default=DEFAULT, description="Only runs there count")
    match: dict[Name, str] | None = Field(
        default=None,
        description="What has to be the same in the runs of several pipelines: a JSON pointer into a run, "
        "by pipeline, or * for all that are not named",
    )

    def source(self) -> PipelineSource:
        """The same in the domain's words."""
        return PipelineSource(tuple(self.pipelines), self.environment, self.match)


class SensorBody(RunBody):
    """A request that is made whenever something happens; values of the mapping are laid over its parameters."""

    source: WebhookSourceBody | FileSourceBody | PipelineSourceBody = Field(
        discriminator="kind", description="What it waits for"
    )
    mapping: dict[Name, Any] = Field(
        default={},
        description='Where in what is delivered each parameter stands: a JSON pointer; {"pointer", "default"}; '
        '{"value"}; or a text with pointers in braces',
    )
    filter: dict[str, Any] | None = Field(
        default=None, description='Which deliveries start a run, as {"pointer": "/ref", "equals": "refs/heads/main"}'
    )

    secret: str | None = Field(
        default=None,
        max_length=LONGEST_SECRET,
        description="Of a webhook: the one that its sender has made. Else one is made here, and shown this once",
    )

    def sensor(self, name: str) -> Sensor:
        """The same in the domain's words."""
        return Sensor(name, self.source.source(), self.request(), self.mapping, self.filter)


class SensorPath(BaseModel):
    """Which sensor."""

    name: str = Field(description="Its name")


class SensorsQuery(BaseModel):
    """Which sensors to list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    kind: SensorKind | None = Field(default=None, description="Only of this kind")


class DeliveriesQuery(BaseModel):
    """Which deliveries to list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    before: Whole | None = Field(default=None, ge=1, le=2**53, description="Before the one with this id")
    limit: Whole = Field(default=50, ge=1, le=500, description="At most so many")


class TryBody(BaseModel):
    """Something that might be delivered."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    document: Any = Field(description="Any JSON value")


class SensorDocument(Document):
    """A sensor."""

    name: str
    source: dict[str, Any] = Field(description="What it waits for, with everything that was left out")
    request: dict[str, Any] = Field(description="The members of a request for a run")
    mapping: dict[str, Any]
    filter: dict[str, Any] | None
    paused: bool
    trouble: str = Field(description="Why what it waits for cannot be looked at; empty where nothing is wrong")
    created_at: AwareDatetime
    updated_at: AwareDatetime
    secret: str | None = Field(
        default=None, description="Of a webhook that is saved: null unless it was just made. It is never shown again"
    )


class SensorsDocument(Document):
    """Sensors, by name."""

    items: list[SensorDocument]


class DeliveryDocument(Document):
    """Something that has happened to a sensor."""

    id: int
    key: str = Field(description="The same for what is the same: it counts once")
    state: DeliveryState
    reason: str
    run_id: str | None
    recorded_at: AwareDatetime


class DeliveriesDocument(Document):
    """Deliveries, newest first."""

    items: list[DeliveryDocument]


class TrialDocument(Document):
    """What a document would lead to."""

    passes: bool
    reason: str = Field(description="Why the filter refuses it; empty where it passes")
    parameters: dict[str, Any] | None = Field(description="Of the run that it would start; null for none")


def sensor_json(sensor: Sensor, trouble: str = "") -> dict[str, Any]:
    """A sensor; `trouble` says why what it waits for cannot be looked at."""
    times = {"created_at": iso(sensor.created_at), "updated_at": iso(sensor.updated_at)}
    return {"name": sensor.name, **sensor.told(), "trouble": trouble, **times}


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    """A delivery."""
    return {
        "id": delivery.id,
        "key": delivery.key,
        "state": delivery.state,
        "reason": delivery.reason,
        "run_id": delivery.run_id,
        "recorded_at": iso(delivery.recorded_at),
    }


def trial_json(verdict: Verdict, request: RunRequest | None) -> dict[str, Any]:
    """What a document would lead to."""
    return {
        "passes": verdict.passes,
        "reason": verdict.reason,
        "parameters": None if request is None else dict(request.parameters),
    }
