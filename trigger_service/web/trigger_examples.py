"""Examples for the OpenAPI document of what starts runs by itself, by the name of the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trigger_service.domain.files import KnownFile
from trigger_service.domain.filters import Verdict
from trigger_service.domain.hook_secrets import HookSecrets
from trigger_service.domain.presets import Preset
from trigger_service.domain.run import Run, RunRequest
from trigger_service.domain.schedule import Timing, Upcoming
from trigger_service.domain.scheduled import Fire, Schedule
from trigger_service.domain.sensors import Delivery, Sensor
from trigger_service.domain.upstream import PipelineSource
from trigger_service.service.inboxes import InboxState
from trigger_service.web import file_documents, hook_documents, preset_documents, schedule_documents, sensor_documents

_DAY = 1_769_000_000.0
_SCHEDULE = Schedule(
    name="nightly",
    timing=Timing("cron", "30 3 * * *", "Europe/Berlin", overlap="skip"),
    request=RunRequest("FlightsReport", {"month": "{{ fire_time - 1 day | month }}"}, labels={"team": "data"}),
    next_fire=int(_DAY) + 600,
    due_at=_DAY + 600,
    created_at=_DAY,
    updated_at=_DAY,
)
_UPCOMING = Upcoming(int(_DAY) + 600, "2026-01-21T14:03:20", "2026-01-21T13:03:20Z", "+01:00")
_SENSOR = Sensor(
    name="after-load",
    source=PipelineSource(("LoadFlights", "LoadCarriers"), match={"*": "/parameters/month"}),
    request=RunRequest("FlightsReport", labels={"team": "data"}),
    mapping={"month": "/parameters/month"},
    created_at=_DAY,
    updated_at=_DAY,
)
_PRESET = Preset("FlightsReport", "january", {"month": "2013-01"}, "The month that tests use", _DAY, _DAY)


def trigger_examples(run: Run) -> Mapping[str, Any]:
    """Bodies and answers; `run` is the run that they have started."""
    return {
        **_schedules(run),
        **_sensors(run),
        "PresetBody": {"parameters": {"month": "2013-01"}, "description": "The month that tests use"},
        "PresetDocument": preset_documents.preset_json(_PRESET),
        "PresetsDocument": {"items": [preset_documents.preset_json(_PRESET)]},
    }


def _schedules(run: Run) -> Mapping[str, Any]:
    fires = (
        Fire("nightly", int(_DAY) - 800, "started", "", run.id, _DAY - 800),
        Fire("nightly", int(_DAY) - 87_200, "missed", "2 h late, and late fires are skipped", None, _DAY - 80_000),
    )
    return {
        "ScheduleBody": {
            "pipeline": "FlightsReport",
            "parameters": {"month": "{{ fire_time - 1 day | month }}"},
            "timing": {"kind": "cron", "expression": "30 3 * * *", "timezone": "Europe/Berlin", "overlap": "skip"},
        },
        "ScheduleDocument": schedule_documents.schedule_json(_SCHEDULE),
        "SchedulesDocument": {"items": [schedule_documents.schedule_json(_SCHEDULE)]},
        "FiresDocument": {"items": [schedule_documents.fire_json(fire) for fire in fires]},
        "PauseBody": {"paused": True},
        "PreviewBody": {"timing": {"expression": "30 2 * * *", "timezone": "Europe/Berlin"}, "count": 3},
        "PreviewDocument": schedule_documents.preview_json((_UPCOMING,)),
    }


def _sensors(run: Run) -> Mapping[str, Any]:
    shown = sensor_documents.sensor_json(_SENSOR)
    delivery = Delivery(_SENSOR.name, run.id, "started", run_id=run.id, recorded_at=_DAY + 6.0, id=17)
    path = "flights_2013-01.csv"
    file = KnownFile(path, "31415-1769000004000000000", 31_415, _DAY + 4.0, "taken", _DAY + 2.5, _DAY + 4.5)
    return {
        "SensorBody": {
            "pipeline": "FlightsReport",
            "source": {
                "kind": "pipeline",
                "pipelines": ["LoadFlights", "LoadCarriers"],
                "match": {"*": "/parameters/month"},
            },
            "mapping": {"month": "/parameters/month"},
        },
        "SensorDocument": shown,
        "FilesDocument": {"items": [file_documents.file_json(file)]},
        "InboxesDocument": {"items": [file_documents.inbox_json(InboxState("incoming", "folder", "", ("arrivals",)))]},
        "SensorsDocument": {"items": [shown]},
        "DeliveriesDocument": {"items": [sensor_documents.delivery_json(delivery)]},
        "TryBody": {"document": {"parameters": {"month": "2013-01"}}},
        "RotationBody": {"keep_old_for_s": 3600},
        "RotationDocument": hook_documents.rotation_json(
            HookSecrets("", "the one before", _DAY + 3600), "whsec_K0n1c2h3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u="
        ),
        "OutcomeDocument": hook_documents.outcome_json(Delivery("reports", "72d3162e", "started", run_id=run.id)),
        "TrialDocument": sensor_documents.trial_json(Verdict(True), RunRequest("FlightsReport", {"month": "2013-01"})),
    }
