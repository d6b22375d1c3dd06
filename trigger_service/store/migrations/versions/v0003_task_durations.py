"""An index that gives the newest durations of a family's tasks, which plans are made with."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create it."""
    op.create_index(
        "ix_tasks_took",
        "tasks",
        ["family", "finished_at"],
        sqlite_where=sa.text("status = 'done' AND started_at IS NOT NULL"),
    )
