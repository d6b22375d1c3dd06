"""Targets that are words in memory, and the trash for them: what a planner of a test moves."""

from dataclasses import dataclass, field

from trigger_service.domain.errors import ZygoteUnavailable
from trigger_service.domain.moves import MOVING, Order, Said


@dataclass
class Shelf:
    """What there is, by URL, and what waits in the trash, by operation and URL."""

    targets: dict[str, str] = field(default_factory=dict)
    trash: dict[tuple[str, str], str] = field(default_factory=dict)
    #: By URL, why a target refuses, and the verb that it refuses.
    stuck: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: How many orders to move find nobody who could.
    away: int = 0
    #: What was ordered: verb and URL.
    orders: list[tuple[str, str]] = field(default_factory=list)

    def said(self, order: Order, piece: int, url: str) -> Said:
        """Do what is ordered with one target."""
        self.orders.append((order.verb, url))
        if self.away and order.verb in MOVING:
            self.away -= 1
            raise ZygoteUnavailable(reason="it is being started")
        verb, why = self.stuck.get(url, ("", ""))
        if verb == order.verb:
            return Said(piece, "cannot", url, why)
        return Said(piece, *getattr(self, f"_{order.verb}")(order.operation, url))

    def _look(self, _, url):
        return ("movable", url, "", len(self.targets[url])) if url in self.targets else ("absent", url)

    def _trash(self, operation, url):
        if url in self.targets:
            self.trash[operation, url] = self.targets.pop(url)
        return ("trashed" if (operation, url) in self.trash else "absent", url)

    def _look_back(self, operation, url):
        if (operation, url) in self.trash:
            return ("taken", url, "it has been built again meanwhile") if url in self.targets else ("waiting", url)
        return ("back" if url in self.targets else "lost", url)

    def _restore(self, operation, url):
        if (operation, url) in self.trash:
            if url in self.targets:
                return ("taken", url, "it has been built again meanwhile")
            self.targets[url] = self.trash.pop((operation, url))
        return ("restored" if url in self.targets else "lost", url)

    def _purge(self, operation, url):
        self.trash.pop((operation, url), None)
        return ("purged", url)
