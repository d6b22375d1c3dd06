"""A place: a code location in an environment. Each has processes of its own: a zygote and a luigid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Name of the location, and of the environment, that need not be configured.
DEFAULT = "default"
#: Name of the file in the home folder that says where the service is.
SERVICE_FILE = "service.json"


@dataclass(frozen=True, order=True)
class Place:
    """Where a run's code comes from, and which overlay of configuration it finds."""

    location: str = DEFAULT
    environment: str = DEFAULT

    def __str__(self) -> str:
        return f"{self.location}/{self.environment}"

    @property
    def is_default(self) -> bool:
        """Whether it is the service's own interpreter and folder, without an overlay."""
        return self == Place()

    def folder(self, home: Path) -> Path:
        """Where its socket, logs and luigid's files stand: the home folder itself for the default place."""
        return home if self.is_default else home / "places" / self.location / self.environment
