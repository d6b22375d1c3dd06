"""Pools: how many runs may be live at once, resized while the service runs, and who holds and awaits their slots."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from trigger_service.domain import pools as domain
from trigger_service.domain.admission import ALL, OF_PIPELINE, Limits
from trigger_service.domain.audit import AuditRow, Change
from trigger_service.domain.errors import InvalidRequest, PoolInUse, PoolNotFound
from trigger_service.domain.pools import Pool
from trigger_service.store import audit, runs
from trigger_service.store import pools as table
from trigger_service.store.engine import Database

#: For SQLite.
_NO_LIMIT = -1


class Pools:
    """The limits that hold now: those of luigi.cfg, with what was resized since. Safe for any thread."""

    def __init__(self, database: Database, configured: Limits) -> None:
        self._database = database
        self._configured = configured
        self._changing = threading.Lock()
        with database.read() as connection:
            self._resized: Mapping[str, int] = table.resized(connection)
        #: Called after each change: there may be room for a run now.
        self.on_change: Callable[[], None] = lambda: None

    @property
    def limits(self) -> Limits:
        """As they are now."""
        return self._configured.resized(self._resized)

    def listed(self) -> list[Pool]:
        """All pools that there are, with who holds and who awaits their slots. Raises StoreUnavailable."""
        with self._database.read() as connection:
            live = runs.live_candidates(connection)
            queued = runs.queued_candidates(connection, limit=_NO_LIMIT)
        return domain.pools(self._configured, self._resized, live, queued)

    def get(self, name: str) -> Pool:
        """One of them; raises PoolNotFound."""
        found = next((pool for pool in self.listed() if pool.name == name), None)
        if found is not None:
            return found
        if name.startswith(OF_PIPELINE):  # of a pipeline that no limit names and no run is of
            return Pool(name, self.limits.slots(name), self._configured.slots(name), resized=False)
        raise PoolNotFound(name=name)

    def resize(self, name: str, slots: int, actor: str) -> Pool:
        """Set the slots of a pool, from now on and after every restart; a name of its own that is new makes a pool.

        Raises InvalidRequest, StoreUnavailable.
        """
        problems = domain.problems(name, slots)
        if problems:
            raise InvalidRequest(problems)
        with self._changing:
            before = self._standing(name)
            with self._database.write() as connection:
                table.resize(connection, name, slots)
                action = "pool resized" if before else "pool made"
                change = Change(actor, action, f"pool {name}", before, {"slots": slots})
                audit.record(connection, change, time.time())
            self._resized = {**self._resized, name: slots}
        self.on_change()
        return self.get(name)

    def reset(self, name: str, actor: str) -> None:
        """Go back to what luigi.cfg says; a pool that it says nothing of is gone then.

        Raises PoolNotFound, PoolInUse while a run that is not final names it, StoreUnavailable.
        """
        with self._changing:
            before = self._standing(name)
            if before is None:
                raise PoolNotFound(name=name)
            after = {"slots": self._configured.slots(name)} if self._is_configured(name) else None
            with self._database.write() as connection:
                user = None if after else table.in_use(connection, name)
                if user is not None:
                    raise PoolInUse(name=name, run_id=user)
                if name in self._resized:
                    table.forget(connection, name)
                    change = Change(actor, "pool reset" if after else "pool removed", f"pool {name}", before, after)
                    audit.record(connection, change, time.time())
            self._resized = {other: slots for other, slots in self._resized.items() if other != name}
        self.on_change()

    def changes(self, subject: str | None, before: int | None, limit: int, *, words: str = "") -> list[AuditRow]:
        """What people have changed, newest first; `words` stand in who did it, what was done, or what to."""
        with self._database.read() as connection:
            return audit.page(connection, subject, before, limit, words=words)

    def _is_configured(self, name: str) -> bool:
        return name == ALL or name.startswith(OF_PIPELINE) or name in self._configured.pools

    def _standing(self, name: str) -> Mapping[str, Any] | None:
        """What the record says of a pool as it is; None for one that there is not."""
        known = self._is_configured(name) or name in self._resized
        return {"slots": self.limits.slots(name)} if known else None
