"""What each task has used: seconds of processors, and the most memory."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("tasks", sa.Column("cpu_s", sa.Float))
    op.add_column("tasks", sa.Column("peak_bytes", sa.Integer))
