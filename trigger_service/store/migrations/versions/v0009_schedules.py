"""Schedules, and their fires."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "schedules",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("timing", sa.JSON, nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("next_fire", sa.Integer),
        sa.Column("due_at", sa.Float),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    op.create_index("ix_schedules_due", "schedules", ["due_at"], sqlite_where=sa.text("due_at IS NOT NULL"))
    op.create_table(
        "fires",
        sa.Column("schedule", sa.Text, sa.ForeignKey("schedules.name", name="fk_fires_schedule"), primary_key=True),
        sa.Column("fire_time", sa.Integer, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("recorded_at", sa.Float, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_index("ix_fires_pending", "fires", ["fire_time"], sqlite_where=sa.text("state = 'pending'"))
    op.create_index("ix_fires_run", "fires", ["run_id"], sqlite_where=sa.text("run_id IS NOT NULL"))
