"""Which request an Idempotency-Key was first used for."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from trigger_service.domain.errors import IdempotencyMismatch
from trigger_service.domain.queries import Idempotency
from trigger_service.store.tables import idempotency

#: Seconds that a key is remembered: 7 days.
KEPT_S = 7 * 24 * 3600.0


def first_run(connection: Connection, asked: Idempotency, now: float) -> str | None:
    """The id of the run that the same request made before; raises IdempotencyMismatch for a key of another body."""
    key = (idempotency.c.credential == asked.credential, idempotency.c.key == asked.key)
    row = connection.execute(select(idempotency).where(*key, idempotency.c.created_at > now - KEPT_S)).first()
    if row is None:
        return None
    if row.body_hash != asked.body_hash:
        raise IdempotencyMismatch(key=asked.key)
    return str(row.run_id)


def remember(connection: Connection, asked: Idempotency, run_id: str, now: float) -> None:
    """Store which run a request made, and forget keys that are too old."""
    connection.execute(delete(idempotency).where(idempotency.c.created_at <= now - KEPT_S))
    row = {
        "credential": asked.credential,
        "key": asked.key,
        "body_hash": asked.body_hash,
        "run_id": run_id,
        "created_at": now,
    }
    connection.execute(idempotency.insert(), row)
