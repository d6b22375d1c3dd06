"""The tables of targets: what was written by whom and from what. Times are seconds since the epoch."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text, text

from trigger_service.store.tables import metadata

# The newest of a URL is `current`, and stays when its run is deleted: `run_id` may name one that is gone.
target_writes = Table(
    "target_writes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("url", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("task_id", Text, nullable=False),
    Column("family", Text, nullable=False),
    Column("module", Text, nullable=False),
    Column("pipeline", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("location", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("code_fingerprint", Text, nullable=False),
    Column("code_commit", Text),
    Column("code_dirty", Boolean),
    Column("size", Integer),
    Column("sha256", Text, nullable=False),
    Column("rows", Integer),
    Column("time", Float, nullable=False),
    Column("observed", Boolean, nullable=False),
    Column("current", Boolean, nullable=False),
    Index("ix_target_writes_url", "url", "current", "time"),
    Index("ix_target_writes_run", "run_id", "id"),
    Index("ix_target_writes_newest", "id", sqlite_where=text("current = 1")),
)

target_inputs = Table(
    "target_inputs",
    metadata,
    Column("write_id", Integer, ForeignKey("target_writes.id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, primary_key=True),
    Column("version", Text, nullable=False),
    # Who read a target.
    Index("ix_target_inputs_url", "url", "write_id"),
    sqlite_with_rowid=False,
)
