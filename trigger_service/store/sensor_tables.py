"""The tables of what starts runs when something happens, as the code sees them. Times are seconds since the epoch."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from trigger_service.store.tables import metadata

# Runs that became final, in that order: written in the transaction that makes them so. They may be deleted since.
endings = Table(
    "endings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("time", Float, nullable=False),
    sqlite_autoincrement=True,
)

# How far each follower has read `endings`: written in the transaction that stores what follows from them.
cursors = Table(
    "cursors", metadata, Column("name", Text, primary_key=True), Column("position", Integer, nullable=False)
)

sensors = Table(
    "sensors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("source", JSON, nullable=False),
    Column("request", JSON, nullable=False),
    Column("mapping", JSON, nullable=False),
    Column("filter", JSON(none_as_null=True)),
    Column("paused", Boolean, nullable=False),
    # The secrets of a webhook, sealed by the service's vault; empty for none.
    Column("sealed", Text, nullable=False),
    # The last end of a run that does not count for it: it was made, changed, paused or resumed since.
    Column("since", Integer, nullable=False, server_default="0"),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Index("ix_sensors_kind", "kind"),
)

# A delivery is a unique row: whoever records it first has it. `run_id` may name a run that has been deleted since.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("sensor", Text, ForeignKey("sensors.name"), nullable=False),
    Column("key", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("run_id", Text),
    # What was delivered, until its run is there.
    Column("document", JSON(none_as_null=True)),
    Column("recorded_at", Float, nullable=False),
    UniqueConstraint("sensor", "key"),
    Index("ix_deliveries_pending", "sensor", "id", sqlite_where=text("state = 'pending'")),
    Index("ix_deliveries_sensor", "sensor", "id"),
    Index("ix_deliveries_run", "run_id", sqlite_where=text("run_id IS NOT NULL")),
    sqlite_autoincrement=True,
)

# What a file sensor knows of its files. `version` changes whenever the content may have.
files = Table(
    "files",
    metadata,
    Column("sensor", Text, ForeignKey("sensors.name"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("modified", Float, nullable=False),
    Column("state", Text, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Index("ix_files_new", "sensor", "changed_at", "path", sqlite_where=text("state = 'new'")),
)

# How far a file sensor has looked: at which inbox, by which pattern, up to which path where names only grow.
scans = Table(
    "scans",
    metadata,
    Column("sensor", Text, ForeignKey("sensors.name"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("pattern", Text, nullable=False),
    Column("cursor", Text, nullable=False),
    # Whether everything was looked at once.
    Column("whole", Boolean, nullable=False),
)

# What a pipeline sensor that waits for several has seen already of those that go together.
joins = Table(
    "joins",
    metadata,
    Column("sensor", Text, ForeignKey("sensors.name"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("pipeline", Text, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("time", Float, nullable=False),
)

presets = Table(
    "presets",
    metadata,
    Column("pipeline", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("description", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)
