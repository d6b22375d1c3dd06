"""Which run wrote which target, and from what; and operations, which move targets into the trash."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the tables."""
    _writes()
    _inputs()
    _operations()


def _writes() -> None:
    op.create_table(
        "target_writes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("task_id", sa.Text, nullable=False),
        sa.Column("family", sa.Text, nullable=False),
        sa.Column("module", sa.Text, nullable=False),
        sa.Column("pipeline", sa.Text, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("code_fingerprint", sa.Text, nullable=False),
        sa.Column("code_commit", sa.Text),
        sa.Column("code_dirty", sa.Boolean),
        sa.Column("size", sa.Integer),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("rows", sa.Integer),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("observed", sa.Boolean, nullable=False),
        sa.Column("current", sa.Boolean, nullable=False),
    )
    op.create_index("ix_target_writes_url", "target_writes", ["url", "current", "time"])
    op.create_index("ix_target_writes_run", "target_writes", ["run_id", "id"])
    op.create_index("ix_target_writes_newest", "target_writes", ["id"], sqlite_where=sa.text("current = 1"))


def _inputs() -> None:
    op.create_table(
        "target_inputs",
        sa.Column(
            "write_id",
            sa.Integer,
            sa.ForeignKey("target_writes.id", name="fk_target_inputs_write_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("url", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_target_inputs_url", "target_inputs", ["url", "write_id"])


def _operations() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        sa.Column("named", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Float),
        sa.Column("retry_of", sa.Text),
        sa.Column("run_id", sa.Text),
    )
    op.create_index("ix_operations_state", "operations", ["state", "expires_at"])
    op.create_index("ix_operations_run", "operations", ["run_id"], sqlite_where=sa.text("run_id IS NOT NULL"))
    whole = sa.ForeignKey("operations.id", name="fk_operation_items_operation")
    op.create_table(
        "operation_items",
        sa.Column("operation", sa.Text, whole, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("module", sa.Text, nullable=False),
        sa.Column("family", sa.Text, nullable=False),
        sa.Column("task_id", sa.Text, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("root", sa.Boolean, nullable=False),
        sa.Column("bytes", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_operation_items_url", "operation_items", ["url"])
