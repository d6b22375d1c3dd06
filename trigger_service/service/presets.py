"""Presets: saved, removed and shown. Whoever triggers a pipeline may name one (`Triggers` reads them)."""

from __future__ import annotations

import time

from trigger_service.domain.audit import Change
from trigger_service.domain.errors import InvalidRequest, PresetNotFound
from trigger_service.domain.names import name_problems
from trigger_service.domain.presets import Preset
from trigger_service.domain.run import RunRequest
from trigger_service.service.sensor_checks import SensorChecks
from trigger_service.store import audit
from trigger_service.store import presets as table
from trigger_service.store.engine import Database


class Presets:
    """All presets. Safe for any thread."""

    def __init__(self, database: Database, checks: SensorChecks) -> None:
        self._database = database
        self._checks = checks

    def save(self, preset: Preset, actor: str) -> Preset:
        """Make a preset, or put it in the place of the one of its name: for runs from now on.

        Raises InvalidRequest with everything that is wrong with it, PipelineNotFound.
        """
        problems = name_problems(preset.name, "a preset")
        if problems:
            raise InvalidRequest(problems)
        self._checks.check_partial(RunRequest(preset.pipeline, preset.parameters))
        now = time.time()
        with self._database.write() as connection:
            old = table.get(connection, preset.pipeline, preset.name)
            made = Preset(
                **{**vars(preset), "created_at": old.created_at if old else now, "updated_at": now},
            )
            table.save(connection, made)
            action = "preset changed" if old else "preset made"
            audit.record(connection, Change(actor, action, made.subject, old.told() if old else None, made.told()), now)
        return made

    def remove(self, pipeline: str, name: str, actor: str) -> None:
        """Remove a preset; what names it is refused from now on. Raises PresetNotFound."""
        with self._database.write() as connection:
            old = table.get(connection, pipeline, name)
            if old is None:
                raise PresetNotFound(pipeline=pipeline, name=name)
            table.remove(connection, old)
            audit.record(connection, Change(actor, "preset removed", old.subject, old.told(), None), time.time())

    def get(self, pipeline: str, name: str) -> Preset:
        """One of them; raises PresetNotFound."""
        with self._database.read() as connection:
            found = table.get(connection, pipeline, name)
        if found is None:
            raise PresetNotFound(pipeline=pipeline, name=name)
        return found

    def listed(self, pipeline: str | None = None) -> list[Preset]:
        """All of them, or those of a pipeline, by name."""
        with self._database.read() as connection:
            return table.listed(connection, pipeline)
