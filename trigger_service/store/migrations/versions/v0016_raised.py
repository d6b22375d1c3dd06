"""Where in the user's code a task failed, with the lines around."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column."""
    op.add_column("tasks", sa.Column("raised", sa.JSON(none_as_null=True)))
