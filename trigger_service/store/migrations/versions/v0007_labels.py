"""A table by which runs are found by a label, without looking at all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create it, and fill it with the labels that there are."""
    op.create_table(
        "labels",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("created_at", sa.Float, primary_key=True),
        sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id", name="fk_labels_run_id"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_labels_run", "labels", ["run_id"])
    op.execute(
        "INSERT INTO labels (name, value, created_at, run_id) "
        "SELECT entry.key, entry.value, runs.created_at, runs.id FROM runs, json_each(runs.labels) AS entry"
    )
