"""The table of presets."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from trigger_service.domain.presets import Preset
from trigger_service.store.sensor_tables import presets

_LISTED = select(presets).order_by(presets.c.pipeline, presets.c.name)
_OF_PIPELINE = _LISTED.where(presets.c.pipeline == bindparam("of_pipeline"))


def listed(connection: Connection, pipeline: str | None = None) -> list[Preset]:
    """All of them, or those of a pipeline, by name."""
    if pipeline is None:
        rows = connection.execute(_LISTED)
    else:
        rows = connection.execute(_OF_PIPELINE, {"of_pipeline": pipeline})
    return [Preset(**row._mapping) for row in rows]


def get(connection: Connection, pipeline: str, name: str) -> Preset | None:
    """One of them; None for none of this name."""
    return next((preset for preset in listed(connection, pipeline) if preset.name == name), None)


def save(connection: Connection, preset: Preset) -> None:
    """Store a preset in the place of the one of its name, if there is one."""
    row = vars(preset)
    statement = insert(presets).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["pipeline", "name"], set_=row))


def remove(connection: Connection, preset: Preset) -> None:
    """Remove a preset."""
    which = (presets.c.pipeline == preset.pipeline, presets.c.name == preset.name)
    connection.execute(delete(presets).where(*which))
