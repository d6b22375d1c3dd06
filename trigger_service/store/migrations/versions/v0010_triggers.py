"""Sensors with their deliveries and files, presets, backfills, which runs have ended, and who is told of what."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the tables."""
    _endings()
    _sensors()
    _notifications()
    _backfills()
    op.create_table(
        "presets",
        sa.Column("pipeline", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    op.add_column("schedules", sa.Column("managed_by", sa.Text, nullable=False, server_default=""))


def _backfills() -> None:
    op.create_table(
        "backfills",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("parameter", sa.Text, nullable=False),
        sa.Column("order", sa.Text, nullable=False),
        sa.Column("parallel", sa.Integer, nullable=False),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    op.create_table(
        "backfill_parts",
        sa.Column(
            "backfill", sa.Text, sa.ForeignKey("backfills.id", name="fk_backfill_parts_backfill"), primary_key=True
        ),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_backfill_parts_state", "backfill_parts", ["state", "backfill", "position"])


def _endings() -> None:
    op.create_table(
        "endings",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("time", sa.Float, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "cursors",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
    )


def _sensors() -> None:
    op.create_table(
        "sensors",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("source", sa.JSON, nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("mapping", sa.JSON, nullable=False),
        sa.Column("filter", sa.JSON),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    op.create_index("ix_sensors_kind", "sensors", ["kind"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("sensor", sa.Text, sa.ForeignKey("sensors.name", name="fk_deliveries_sensor"), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("document", sa.JSON),
        sa.Column("recorded_at", sa.Float, nullable=False),
        sa.UniqueConstraint("sensor", "key", name="uq_deliveries_sensor_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_pending", "deliveries", ["id"], sqlite_where=sa.text("state = 'pending'"))
    op.create_index("ix_deliveries_sensor", "deliveries", ["sensor", "id"])
    op.create_index("ix_deliveries_run", "deliveries", ["run_id"], sqlite_where=sa.text("run_id IS NOT NULL"))
    op.create_table(
        "files",
        sa.Column("sensor", sa.Text, sa.ForeignKey("sensors.name", name="fk_files_sensor"), primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("modified", sa.Float, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
    )
    new = sa.text("state = 'new'")
    op.create_index("ix_files_new", "files", ["sensor", "changed_at", "path"], sqlite_where=new)
    op.create_table(
        "scans",
        sa.Column("sensor", sa.Text, sa.ForeignKey("sensors.name", name="fk_scans_sensor"), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("pattern", sa.Text, nullable=False),
        sa.Column("cursor", sa.Text, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
    )
    op.create_table(
        "joins",
        sa.Column("sensor", sa.Text, sa.ForeignKey("sensors.name", name="fk_joins_sensor"), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("pipeline", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("time", sa.Float, nullable=False),
    )


def _notifications() -> None:
    op.create_table(
        "notification_rules",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("events", sa.JSON, nullable=False),
        sa.Column("channel", sa.JSON, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("pipelines", sa.JSON, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("late_s", sa.Float, nullable=False),
        sa.Column("longer_than", sa.Float, nullable=False),
        sa.Column("fold_s", sa.Float, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("since", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    rule = sa.ForeignKey("notification_rules.name", name="fk_messages_rule")
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, rule, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("fold", sa.Text, nullable=False),
        sa.Column("folded_into", sa.Text),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("next_try_at", sa.Float),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Float),
        sa.UniqueConstraint("rule", "key", name="uq_messages_rule_key"),
    )
    alone = sa.text("folded_into IS NULL")
    op.create_index("ix_messages_rule", "messages", ["rule", "id"])
    op.create_index("ix_messages_fold", "messages", ["rule", "fold", "due_at"], sqlite_where=alone)
    op.create_index("ix_messages_due", "messages", ["next_try_at"], sqlite_where=sa.text("state = 'pending'"))
