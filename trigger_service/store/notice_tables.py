"""The tables of notification rules and of their messages, as the code sees them. Times are seconds since the epoch."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from trigger_service.store.tables import metadata

notification_rules = Table(
    "notification_rules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("events", JSON, nullable=False),
    Column("channel", JSON, nullable=False),
    # Addresses that are secrets, sealed by the service's vault.
    Column("sealed", Text, nullable=False),
    Column("pipelines", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("late_s", Float, nullable=False),
    Column("longer_than", Float, nullable=False),
    Column("fold_s", Float, nullable=False),
    Column("paused", Boolean, nullable=False),
    # The last end of a run that it does not tell of: it was made, changed, paused or resumed since.
    Column("since", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)

# What is to be sent, and what was. A thing is told once by each rule: whoever records its key first has it.
messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rule", Text, ForeignKey("notification_rules.name"), nullable=False),
    Column("key", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("run_id", Text),
    # Equal for messages that are told together.
    Column("fold", Text, nullable=False),
    Column("folded_into", Text),
    Column("document", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("next_try_at", Float),
    Column("tries", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("ended_at", Float),
    UniqueConstraint("rule", "key"),
    Index("ix_messages_rule", "rule", "id"),
    Index("ix_messages_fold", "rule", "fold", "due_at", sqlite_where=text("folded_into IS NULL")),
    Index("ix_messages_due", "next_try_at", sqlite_where=text("state = 'pending'")),
)
