"""What concerns the targets on record, put together: who wrote them, whether they are as written, moving them away."""

from __future__ import annotations

from functools import partial

from trigger_service.domain.retention import Keep
from trigger_service.launchers.base import Planner
from trigger_service.service import operations
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.clock import Clock
from trigger_service.service.mover import Mover, SecretsOf
from trigger_service.service.operations import Operations
from trigger_service.service.rereadings import Rereadings
from trigger_service.service.target_catalogue import TargetCatalogue
from trigger_service.service.triggers import Triggers
from trigger_service.service.turns import Turns
from trigger_service.service.verifications import Verifications
from trigger_service.store.engine import Database


class Custody:
    """Made with the service; what was begun goes on where the clock is started, and until `stop`."""

    def __init__(
        self,
        *,
        database: Database,
        planner: Planner,
        triggers: Triggers,
        turns: Turns,
        secrets_of: SecretsOf,
        broadcast: Broadcast,
        clock: Clock,
        keep: Keep,
    ) -> None:
        """`clock` calls what looks at operations that were left undone or have expired, which `keep` says."""
        self.catalogue = TargetCatalogue(database)
        self.verifications = Verifications(catalogue=self.catalogue, planner=planner, secrets_of=secrets_of)
        self.rereadings = Rereadings(self.verifications, broadcast)
        self.mover = Mover(
            database=database, planner=planner, triggers=triggers, secrets_of=secrets_of, clock=clock, keep=keep
        )
        self.mover.on_change = partial(broadcast.notify, operations.TOPIC)
        self.operations = Operations(
            database=database, planner=planner, turns=turns, mover=self.mover, secrets_of=secrets_of
        )

    def stop(self) -> None:
        """End what moves and what reads; a new start goes on with it."""
        self.rereadings.stop()
        self.mover.stop()
