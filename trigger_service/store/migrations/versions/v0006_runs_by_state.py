"""An index that gives the newest runs of a state, without reading and sorting all of them."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create it."""
    op.create_index("ix_runs_state", "runs", ["state", "created_at", "id"])
