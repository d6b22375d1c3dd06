"""The table of changes that people have made."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, or_, select

from trigger_service.domain.audit import AuditRow, Change
from trigger_service.store.tables import audit


def record(connection: Connection, change: Change, now: float) -> None:
    """Store a change, in the transaction that makes it."""
    connection.execute(audit.insert(), {"time": now, **asdict(change)})


def page(
    connection: Connection, subject: str | None, before: int | None, limit: int, *, words: str = ""
) -> list[AuditRow]:
    """Up to `limit` changes, newest first; of one subject, and older than the one with the id `before`.

    Each of `words` stands in who did it, what was done, or what to.
    """
    wanted = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if subject is not None:
        wanted = wanted.where(audit.c.subject == subject)
    for word in words.split():
        told = (audit.c.actor, audit.c.action, audit.c.subject)
        wanted = wanted.where(or_(*(column.contains(word, autoescape=True) for column in told)))
    if before is not None:
        wanted = wanted.where(audit.c.id < before)
    return [
        AuditRow(row.id, row.time, Change(row.actor, row.action, row.subject, row.before, row.after))
        for row in connection.execute(wanted)
    ]
