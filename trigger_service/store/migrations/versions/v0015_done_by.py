"""Who did a task of a run, where another did."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the column."""
    op.add_column("tasks", sa.Column("done_by", sa.Text))
