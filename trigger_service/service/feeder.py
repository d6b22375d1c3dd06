"""Feeds the backfills: starts the runs of their parts, as many as may be live, and notes what has become of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy import Connection

from trigger_service.domain.backfills import Backfill, Part
from trigger_service.domain.errors import InvalidParameters, TriggerError
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.pointers import PARAMETERS
from trigger_service.domain.run import Trigger
from trigger_service.service.counters import Counters
from trigger_service.service.handing import Handing, Outcome
from trigger_service.service.triggers import Triggers
from trigger_service.store import backfills as table
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

#: Seconds between two looks that nobody asked for.
EVERY_S = 1.0
#: Seconds until a backfill is tried again that cannot go on now.
HELD_UP_S = 5.0
#: Parts of a backfill that are started in one look, which must not take long: the service waits for it when it stops.
_BATCH = 50


class Feeder:
    """Looks at all backfills. Any number of processes may do so with one database."""

    def __init__(self, database: Database, triggers: Triggers, handing: Handing, counters: Counters) -> None:
        self._database = database
        self._counters = counters
        self._triggers = triggers
        self._handing = handing
        #: By the id of a backfill that cannot go on: when it is tried again.
        self._held_up: dict[str, float] = {}
        #: Called where another look has more to start.
        self.on_more: Callable[[], None] = lambda: None

    def look(self) -> None:
        """Note which runs have ended, cancel those of cancelled backfills, and start what may start."""
        with self._database.read() as connection:
            ended = table.has_ended_parts(connection)
            unwanted = table.runs_to_cancel(connection)
            to_feed = table.to_feed(connection)
        if ended:
            with self._database.write() as connection:
                parts = table.settle(connection)
            self._counters.add_parts(parts)
            fail_point("between ended parts of a backfill and its next ones")
        for backfill, run_id in unwanted:
            self._cancel(backfill, run_id)
        now = time.time()
        self._held_up = {held: until for held, until in self._held_up.items() if until > now}
        self._handing.each(self._feed, [backfill for backfill in to_feed if backfill.id not in self._held_up])

    def _feed(self, backfill: Backfill) -> None:
        """Start the next parts of one backfill, until as many are live as may be, or until it is held up."""
        with self._database.read() as connection:
            parts = table.next_parts(connection, backfill, _BATCH)
        for part in parts:
            outcome = self._start(backfill, part)
            if outcome is None:  # somebody else feeds it, or it was paused, cancelled or made smaller meanwhile
                return
            if _holds_up(backfill, outcome):
                self._held_up[backfill.id] = time.time() + HELD_UP_S
                return
        if len(parts) == _BATCH:
            self.on_more()

    def _start(self, backfill: Backfill, part: Part) -> Outcome | None:
        def settle(connection: Connection, outcome: Outcome) -> bool:
            if outcome.run_id is not None:
                return table.start(connection, part, outcome.run_id)
            if _holds_up(backfill, outcome):
                return table.refuse(connection, part, "waiting", outcome.reason)
            return table.refuse(connection, part, "skipped" if outcome.state == "skipped" else "failed", outcome.reason)

        trigger = Trigger("backfill", backfill.id)
        return self._handing.hand_in(lambda: backfill.request_for(part.value), trigger, settle)

    def _cancel(self, backfill: Backfill, run_id: str) -> None:
        try:
            self._triggers.cancel(run_id, f"backfill {backfill.id}")
        except TriggerError as error:  # which has ended meanwhile
            log.info("not cancelled: %s", error, extra={"action": "cancel_backfill", "run_id": run_id})


def _holds_up(backfill: Backfill, outcome: Outcome) -> bool:
    """Whether a part has to wait: it fails for its own value only, and what ails all of them holds up the backfill."""
    if outcome.run_id is not None or outcome.state == "skipped":
        return False
    if not isinstance(outcome.error, InvalidParameters):
        return True
    # of a value in it, or of all parameters together: the task of this one is refused
    own = str(PARAMETERS / backfill.parameter)
    pointers = [problem.pointer for problem in outcome.error.problems]
    return not any(pointer == str(PARAMETERS) or f"{pointer}/".startswith(f"{own}/") for pointer in pointers)
