"""The first tables: runs, their attempts and tasks, the journal, offsets and idempotency keys."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    _create_runs()
    _create_attempts()
    _create_idempotency()
    _create_journal()
    _create_offsets()
    _create_tasks()


def _columns_of_the_request() -> list[sa.Column[Any]]:
    """What was asked for."""
    return [
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("module", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("trigger_kind", sa.Text(), nullable=False),
        sa.Column("trigger_by", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("pools", sa.JSON(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("timeout_s", sa.Float()),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
    ]


def _columns_of_the_course() -> list[sa.Column[Any]]:
    """What became of it."""
    return [
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("started_at", sa.Float()),
        sa.Column("finished_at", sa.Float()),
        sa.Column("cancel_requested_at", sa.Float()),
        sa.Column("verified", sa.Boolean()),
        sa.Column("tasks_total", sa.Integer(), nullable=False),
        sa.Column("tasks_done", sa.Integer(), nullable=False),
        sa.Column("tasks_failed", sa.Integer(), nullable=False),
        sa.Column("tasks_running", sa.Integer(), nullable=False),
        sa.Column("error", sa.JSON(none_as_null=True)),
        sa.Column("retry_of", sa.Text()),
        sa.Column("code_fingerprint", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
    ]


def _create_runs() -> None:
    op.create_table(
        "runs",
        *_columns_of_the_request(),
        *_columns_of_the_course(),
        sa.ForeignKeyConstraint(["retry_of"], ["runs.id"], name="fk_runs_retry_of"),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_identity", "runs", ["identity"])
    op.create_index("ix_runs_newest", "runs", ["created_at", "id"])
    op.create_index("ix_runs_pipeline", "runs", ["pipeline", "created_at", "id"])
    op.create_index("ix_runs_queue", "runs", ["state", "priority", "created_at", "id"])


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float()),
        sa.Column("handle", sa.JSON(none_as_null=True)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("buried", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_attempts_run_id"),
        sa.PrimaryKeyConstraint("run_id", "number", name="pk_attempts"),
    )
    op.create_index("ix_attempts_unburied", "attempts", ["buried", "state"])


def _create_idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_idempotency_run_id"),
        sa.PrimaryKeyConstraint("credential", "key", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_age", "idempotency", ["created_at"])


def _create_journal() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer()),
        sa.Column("writer", sa.Integer()),
        sa.Column("seq", sa.Integer()),
        sa.Column("time", sa.Float(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("task", sa.Text()),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_journal_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
        sa.UniqueConstraint("run_id", "attempt", "writer", "seq", name="uq_journal_run_id_attempt_writer_seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_journal_run", "journal", ["run_id", "id"])


def _create_offsets() -> None:
    op.create_table(
        "offsets",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("writer", sa.Integer(), nullable=False),
        sa.Column("next", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_offsets_run_id"),
        sa.PrimaryKeyConstraint("run_id", "attempt", "writer", name="pk_offsets"),
    )


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("dependencies", sa.JSON(), nullable=False),
        sa.Column("outputs", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.Float()),
        sa.Column("finished_at", sa.Float()),
        sa.Column("pid", sa.Integer()),
        sa.Column("executions", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Float()),
        sa.Column("message", sa.Text()),
        sa.Column("tracking_url", sa.Text()),
        sa.Column("explanation", sa.Text()),
        sa.Column("waiting_for", sa.Text()),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_tasks_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sa.UniqueConstraint("run_id", "attempt", "task_id", name="uq_tasks_run_id_attempt_task_id"),
    )
    op.create_index("ix_tasks_status", "tasks", ["run_id", "attempt", "status"])
