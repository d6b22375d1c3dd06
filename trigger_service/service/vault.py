"""Private parameter values, sealed while they lie in the database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trigger_service.store import runs
from trigger_service.store.engine import Database


class Vault:
    """Seals with a key that lies in the home folder (mode 0600), beside the database and not in it."""

    def __init__(self, key_file: Path, database: Database) -> None:
        """Reads the key, or makes it the first time."""
        self._key = _read_key(key_file)
        self._database = database

    def seal(self, secrets: Mapping[str, str]) -> str:
        """The values, unreadable without the key; empty for none."""
        if not secrets:
            return ""
        return str(self._fernet().encrypt(json.dumps(dict(secrets)).encode()).decode())

    def secrets(self, run_id: str) -> Mapping[str, str]:
        """The private values of a run, in clear: for a launcher's hands only. Raises RunNotFound."""
        with self._database.read() as connection:
            _, sealed = runs.identity_and_sealed(connection, run_id)
        if not sealed:
            return {}
        opened: dict[str, str] = json.loads(self._fernet().decrypt(sealed.encode()))
        return opened

    def digest(self, value: Any) -> str:
        """Equal for equal values, and of no use to somebody who guesses at them without the key."""
        text = json.dumps(value, sort_keys=True).encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()

    def _fernet(self) -> Any:
        # Imported here because most projects have no private parameters, and need not pay for it at the start.
        from cryptography.fernet import Fernet  # noqa: PLC0415

        return Fernet(self._key)


def _read_key(path: Path) -> bytes:
    if not path.exists():
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(os.urandom(32)))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    return path.read_bytes()
