"""Indexes by which it is found who needs a run that is about to be deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create them."""
    op.create_index("ix_runs_retries", "runs", ["retry_of"], sqlite_where=sa.text("retry_of IS NOT NULL"))
    op.create_index("ix_idempotency_run", "idempotency", ["run_id"])
