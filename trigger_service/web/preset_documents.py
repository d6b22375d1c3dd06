"""Presets: what requests and replies contain, and how replies are made."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from trigger_service.domain.presets import Preset
from trigger_service.web.replies import iso
from trigger_service.web.responses import Document


class PresetBody(BaseModel):
    """Parameters of a pipeline; those that are left out keep their defaults."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    parameters: dict[str, Any] = Field(description="JSON values by parameter name")
    description: str = Field(default="", max_length=1000, description="What it is for")


class PresetPath(BaseModel):
    """Which preset."""

    pipeline: str = Field(description="Task family, as GET /pipelines names it")
    name: str = Field(description="Its name")


class PresetsQuery(BaseModel):
    """Which presets to list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    pipeline: str | None = Field(default=None, description="Only of this pipeline")


class PresetDocument(Document):
    """Parameters of a pipeline under a name."""

    pipeline: str
    name: str
    parameters: dict[str, Any]
    description: str
    created_at: AwareDatetime
    updated_at: AwareDatetime


class PresetsDocument(Document):
    """Presets, by pipeline and name."""

    items: list[PresetDocument]


def preset_json(preset: Preset) -> dict[str, Any]:
    """A preset."""
    return {
        **{name: getattr(preset, name) for name in ("pipeline", "name", "description")},
        "parameters": dict(preset.parameters),
        "created_at": iso(preset.created_at),
        "updated_at": iso(preset.updated_at),
    }
