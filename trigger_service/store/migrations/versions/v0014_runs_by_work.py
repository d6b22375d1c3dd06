"""Runs of the same work in their order, with their states: whether one that failed was made good since."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Put the wider index in the place of the other."""
    op.drop_index("ix_runs_identity", "runs")
    op.create_index("ix_runs_identity", "runs", ["identity", "created_at", "id", "state"])
