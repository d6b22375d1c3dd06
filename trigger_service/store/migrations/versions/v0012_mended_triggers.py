"""Sensors count ends of runs in their order; deliveries wait by sensor; backfills are asked for once by their key."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Change the index, add the column and the table."""
    op.drop_index("ix_deliveries_pending", "deliveries")
    op.create_index("ix_deliveries_pending", "deliveries", ["sensor", "id"], sqlite_where=sa.text("state = 'pending'"))
    op.add_column("sensors", sa.Column("since", sa.Integer, nullable=False, server_default="0"))
    newest = "SELECT max(id) FROM endings WHERE time < sensors.updated_at"
    op.execute(f"UPDATE sensors SET since = coalesce(({newest}), 0)")  # noqa: S608 (no input)
    op.create_table(
        "backfill_keys",
        sa.Column("credential", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("body_hash", sa.Text, nullable=False),
        sa.Column("backfill", sa.Text, sa.ForeignKey("backfills.id", name="fk_backfill_keys_backfill"), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_index("ix_backfill_keys_backfill", "backfill_keys", ["backfill"])
