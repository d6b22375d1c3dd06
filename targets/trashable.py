"""What operations do with a target that can be taken out of the way, wherever it is."""

from abc import abstractmethod
from typing import Protocol

from targets.foresight import view


class Trash(Protocol):
    """One target in its place, or in the trash of one operation. Each step can be repeated after a kill."""

    def take(self) -> None:
        """Move it into the trash; nothing where it waits there already, or is not there at all."""

    def give_back(self) -> None:
        """Move it back into its place; nothing where it is back. Raises TargetExists, NotInTrash."""

    def empty(self) -> None:
        """Delete it for good; nothing where it is not in the trash."""

    def holds(self) -> bool:
        """Whether it waits in the trash, and is not back in its place."""


class Trashable:
    """Makes of a class's `_trash(operation)` what operations ask of each target."""

    def trash(self, operation: str) -> None:
        """Move it out of the way, into the trash of an operation; a second call does nothing."""
        self._trash(operation).take()
        view.forget()

    def restore(self, operation: str) -> None:
        """Put it back into its place. Raises TargetExists where it has been built again, NotInTrash for a lost one."""
        self._trash(operation).give_back()
        view.forget()

    def purge(self, operation: str) -> None:
        """Delete for good what waits in the trash of an operation."""
        self._trash(operation).empty()

    def trashed(self, operation: str) -> bool:
        """Whether it waits in the trash of an operation. One request, where it is far away."""
        return self._trash(operation).holds()

    @abstractmethod
    def _trash(self, operation: str) -> Trash: ...
