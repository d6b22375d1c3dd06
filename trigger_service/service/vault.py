"""Private parameter values, sealed while they lie in the database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from trigger_service.store.engine import Database


class Vault:
    """Seals with a key that lies in the home folder (mode 0600), beside the database and not in it."""

    def __init__(self, key_file: Path, database: Database) -> None:
        """Reads the key, or makes it the first time."""

    def seal(self, secrets: Mapping[str, str]) -> str:
        """The values, unreadable without the key; empty for none."""

    def secrets(self, run_id: str) -> Mapping[str, str]:
        """The private values of a run, in clear: for a launcher's hands only."""
