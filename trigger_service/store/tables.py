"""The tables as the code sees them: a new database is made of them, `migrations/` bring an older one to them.

A test holds the two against each other. Times are seconds since the epoch.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("pipeline", Text, nullable=False),
    Column("module", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("texts", JSON, nullable=False),
    Column("task_id", Text, nullable=False),
    Column("trigger_kind", Text, nullable=False),
    Column("trigger_by", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("workers", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("pools", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("timeout_s", Float),
    Column("max_attempts", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("cancel_requested_at", Float),
    Column("verified", Boolean),
    Column("tasks_total", Integer, nullable=False),
    Column("tasks_done", Integer, nullable=False),
    Column("tasks_failed", Integer, nullable=False),
    Column("tasks_running", Integer, nullable=False),
    Column("error", JSON(none_as_null=True)),
    Column("retry_of", Text, ForeignKey("runs.id")),
    Column("code_fingerprint", Text, nullable=False),
    Column("code_commit", Text),
    Column("code_dirty", Boolean),
    # Equal for two runs only if they ask for the same work, private values included (as a keyed digest).
    Column("identity", Text, nullable=False),
    # Private values, sealed by the service's vault; empty for none.
    Column("sealed", Text, nullable=False),
    Index("ix_runs_newest", "created_at", "id"),
    Index("ix_runs_pipeline", "pipeline", "created_at", "id"),
    Index("ix_runs_state", "state", "created_at", "id"),
    Index("ix_runs_queue", "state", "priority", "created_at", "id"),
    Index("ix_runs_identity", "identity", "created_at", "id", "state"),
    Index("ix_runs_retries", "retry_of", sqlite_where=text("retry_of IS NOT NULL")),
)

# By which lists of runs find a label; what a run itself says is in its row.
labels = Table(
    "labels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("created_at", Float, primary_key=True),
    Column("run_id", Text, ForeignKey("runs.id"), primary_key=True),
    Index("ix_labels_run", "run_id"),
    sqlite_with_rowid=False,
)

attempts = Table(
    "attempts",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("handle", JSON(none_as_null=True)),
    Column("reason", Text, nullable=False),
    # Whether nothing is left to do for it: its child gone, its tasks freed, its log whole.
    Column("buried", Boolean, nullable=False),
    Index("ix_attempts_unburied", "buried", "state"),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Text, ForeignKey("runs.id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("task_id", Text, nullable=False),
    Column("family", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("dependencies", JSON, nullable=False),
    Column("outputs", JSON, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("pid", Integer),
    Column("executions", Integer, nullable=False),
    Column("progress", Float),
    Column("message", Text),
    Column("tracking_url", Text),
    Column("explanation", Text),
    Column("waiting_for", Text),
    Column("done_by", Text),
    Column("raised", JSON(none_as_null=True)),
    Column("cpu_s", Float),
    Column("peak_bytes", Integer),
    UniqueConstraint("run_id", "attempt", "task_id"),
    Index("ix_tasks_status", "run_id", "attempt", "status"),
    # For how long the tasks of a family take.
    Index("ix_tasks_took", "family", "finished_at", sqlite_where=text("status = 'done' AND started_at IS NOT NULL")),
)

# Rows of the service itself (changes of state) have no attempt, writer and seq; in SQL such rows are all distinct.
journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", Text, ForeignKey("runs.id"), nullable=False),
    Column("attempt", Integer),
    Column("writer", Integer),
    Column("seq", Integer),
    Column("time", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("task", Text),
    Column("data", JSON, nullable=False),
    UniqueConstraint("run_id", "attempt", "writer", "seq"),
    Index("ix_journal_run", "run_id", "id"),
    sqlite_autoincrement=True,
)

# How far each writer's file has been read: written in the transaction that stores what was read.
offsets = Table(
    "offsets",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("writer", Integer, primary_key=True),
    Column("next", Integer, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("credential", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_hash", Text, nullable=False),
    Column("run_id", Text, ForeignKey("runs.id"), nullable=False),
    Column("created_at", Float, nullable=False),
    Index("ix_idempotency_age", "created_at"),
    Index("ix_idempotency_run", "run_id"),
)

# Rows stay when they are revoked: ids are never used again. A name stands for one token at a time.
tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("last_used_at", Float),
    Column("revoked_at", Float),
    UniqueConstraint("digest"),
    Index("ix_tokens_name", "name", unique=True, sqlite_where=text("revoked_at IS NULL")),
    sqlite_autoincrement=True,
)

schedules = Table(
    "schedules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("timing", JSON, nullable=False),
    Column("request", JSON, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("next_fire", Integer),
    Column("due_at", Float),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    # The file that it stands in; empty where people made it.
    Column("managed_by", Text, nullable=False, server_default=""),
    Index("ix_schedules_due", "due_at", sqlite_where=text("due_at IS NOT NULL")),
)

# A fire is a unique row: whoever records it first has it. `run_id` may name a run that has been deleted since.
fires = Table(
    "fires",
    metadata,
    Column("schedule", Text, ForeignKey("schedules.name"), primary_key=True),
    Column("fire_time", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("run_id", Text),
    Column("recorded_at", Float, nullable=False),
    Column("count", Integer, nullable=False),
    Index("ix_fires_pending", "fire_time", sqlite_where=text("state = 'pending'")),
    Index("ix_fires_run", "run_id", sqlite_where=text("run_id IS NOT NULL")),
)

# Pools whose slots were set while the service ran; luigi.cfg has the others.
pools = Table("pools", metadata, Column("name", Text, primary_key=True), Column("slots", Integer, nullable=False))

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("time", Float, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    Index("ix_audit_subject", "subject", "id"),
    sqlite_autoincrement=True,
)
