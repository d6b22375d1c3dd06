"""What an operation would move, as the pages that ask for a confirmation have it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from trigger_service.domain.operations import Affected, AffectedTask, Consequences
from trigger_service.domain.urls import shown_url
from trigger_service.web.pages.targets import Standing

#: What would become of a target.
STANDINGS: Mapping[str, Standing] = {
    "movable": Standing("running", "trash", "Into the trash"),
    "absent": Standing("cancelled", "lost", "Not there"),
    "kept": Standing("pending", "blocked", "Stays"),
    "cannot": Standing("failed", "failed", "Cannot be moved"),
}


@dataclass(frozen=True, kw_only=True)
class Moves:
    """What would be moved, with what stays and what refuses."""

    #: Targets that are listed.
    SHOWN: ClassVar[int] = 200
    found: Consequences

    @property
    def movable(self) -> tuple[Affected, ...]:
        """What would be moved."""
        return self.found.of("movable")

    @property
    def bytes(self) -> int:
        """Of that, as far as it is known."""
        return sum(target.bytes or 0 for target in self.movable)

    @property
    def rows(self) -> list[tuple[AffectedTask, Affected, str, Standing]]:
        """Targets with their tasks: what stands in the way first."""
        rows = [
            (task, target, shown_url(target.url) or "a task without a target", STANDINGS[target.status])
            for task in self.found.tasks
            for target in task.targets
        ]
        return sorted(rows, key=lambda row: row[1].status != "cannot")[: self.SHOWN]

    @property
    def left_out(self) -> int:
        """Targets that are not listed."""
        return max(0, sum(len(task.targets) for task in self.found.tasks) - self.SHOWN)
