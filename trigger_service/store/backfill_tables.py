"""The tables of backfills and of their parts, as the code sees them. Times are seconds since the epoch."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, Table, Text

from trigger_service.store.tables import metadata

backfills = Table(
    "backfills",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request", JSON, nullable=False),
    Column("parameter", Text, nullable=False),
    Column("order", Text, nullable=False),
    Column("parallel", Integer, nullable=False),
    Column("wish", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)

# `started` parts end with their runs: `store/backfills.settle` notes it. `run_id` may name a run that has been deleted
# since.
parts = Table(
    "backfill_parts",
    metadata,
    Column("backfill", Text, ForeignKey("backfills.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("run_id", Text),
    Column("tries", Integer, nullable=False),
    Index("ix_backfill_parts_state", "state", "backfill", "position"),
    # in the order of its key, in which it is always read
    sqlite_with_rowid=False,
)

# Which request an Idempotency-Key was first used for; it goes with its backfill.
backfill_keys = Table(
    "backfill_keys",
    metadata,
    Column("credential", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_hash", Text, nullable=False),
    Column("backfill", Text, ForeignKey("backfills.id"), nullable=False),
    Column("created_at", Float, nullable=False),
    Index("ix_backfill_keys_backfill", "backfill"),
)
