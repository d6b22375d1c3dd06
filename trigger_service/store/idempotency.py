"""Which request an Idempotency-Key was first used for, and what that made."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Table, delete, select

from trigger_service.domain.errors import IdempotencyMismatch
from trigger_service.domain.queries import Idempotency
from trigger_service.store.backfill_tables import backfill_keys
from trigger_service.store.tables import idempotency

#: Seconds that a key is remembered: 7 days.
KEPT_S = 7 * 24 * 3600.0


@dataclass(frozen=True)
class Keys:
    """The keys of requests for one kind of thing."""

    table: Table
    #: The column that names what was made.
    made: str

    def first(self, connection: Connection, asked: Idempotency, now: float) -> str | None:
        """The id of what the same request made before; raises IdempotencyMismatch for a key of another body."""
        key = self.table.c
        which = (key.credential == asked.credential, key.key == asked.key, key.created_at > now - KEPT_S)
        row = connection.execute(select(self.table).where(*which)).first()
        if row is None:
            return None
        if row.body_hash != asked.body_hash:
            raise IdempotencyMismatch(key=asked.key)
        return str(row._mapping[self.made])

    def remember(self, connection: Connection, asked: Idempotency, made: str, now: float) -> None:
        """Store what a request made, and forget keys that are too old."""
        connection.execute(delete(self.table).where(self.table.c.created_at <= now - KEPT_S))
        connection.execute(self.table.insert(), {**vars(asked), self.made: made, "created_at": now})


RUNS = Keys(idempotency, "run_id")
BACKFILLS = Keys(backfill_keys, "backfill")
