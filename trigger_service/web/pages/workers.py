"""What the page of limits shows of the machine: running processes, the luigid of each place, how full everything is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from trigger_service.domain.place import Place
from trigger_service.service.processes import Machine, RunProcesses
from trigger_service.web.pages.settings import place_name, visualizer
from trigger_service.web.services import Services


@dataclass(frozen=True)
class Luigid:
    """The scheduler of a place."""

    place: str
    #: Why it cannot be used; empty while it can.
    fault: str
    #: Where its visualizer is shown.
    visualizer: str


@dataclass(frozen=True)
class Share:
    """How much of something is taken."""

    name: str
    taken: float
    whole: float
    #: What is counted: `cores`, or bytes where it is empty.
    unit: str = ""

    @property
    def percent(self) -> int:
        """At most 100."""
        return min(100, round(100 * self.taken / self.whole)) if self.whole else 0


class Workers:
    """What is asked for is found out when it is."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @cached_property
    def processes(self) -> list[RunProcesses]:
        """Of live runs, the oldest first."""
        return self._services.processes.listed()

    @cached_property
    def machine(self) -> Machine:
        """Where they run."""
        return self._services.processes.machine()

    @property
    def most(self) -> tuple[float, int]:
        """What of CPU (percent of a core) and memory (bytes) a bar of full length stands for."""
        memory = self.machine.memory or max((each.memory for each in self.processes), default=1)
        return 100.0 * self.machine.cores, memory

    @property
    def shares(self) -> Iterator[Share]:
        """Of the machine."""
        machine = self.machine
        yield Share("Load", machine.load, machine.cores, "cores")
        if machine.memory:
            yield Share("Memory", machine.memory - machine.memory_free, machine.memory)
        disk = shutil.disk_usage(self._services.about.home)
        yield Share("Disk", disk.used, disk.total)

    @property
    def luigids(self) -> Iterator[Luigid]:
        """Of all places."""
        yield Luigid("default", self._services.readiness().get("luigid", ""), visualizer(Place()))
        for place, reasons in self._services.places_readiness().items():
            yield Luigid(place_name(place), reasons.get("luigid", ""), visualizer(place))
