"""The tables of operations: targets that were moved into the trash as one. Times are seconds since the epoch."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text, text

from trigger_service.store.tables import metadata

# `retry_of` and `run_id` may name runs that have been deleted since.
operations = Table(
    "operations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("named", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("expires_at", Float),
    Column("retry_of", Text),
    Column("run_id", Text),
    Index("ix_operations_state", "state", "expires_at"),
    Index("ix_operations_run", "run_id", sqlite_where=text("run_id IS NOT NULL")),
)

operation_items = Table(
    "operation_items",
    metadata,
    Column("operation", Text, ForeignKey("operations.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("url", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("module", Text, nullable=False),
    Column("family", Text, nullable=False),
    Column("task_id", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("root", Boolean, nullable=False),
    Column("bytes", Integer),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    Index("ix_operation_items_url", "url"),
    sqlite_with_rowid=False,
)
