"""The commit of a run's code, and whether the code was as the commit has it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; of older runs nothing is known."""
    op.add_column("runs", sa.Column("code_commit", sa.Text()))
    op.add_column("runs", sa.Column("code_dirty", sa.Boolean()))
