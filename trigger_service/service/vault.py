"""Private parameter values and the secrets of webhooks, sealed while they lie in the database."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trigger_service.domain.errors import CannotStart, HookSecretsLost, PrivateValuesLost
from trigger_service.domain.hook_secrets import HookSecrets
from trigger_service.store import runs
from trigger_service.store.durability import sync
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

_KEY_BYTES = 32
_OF_OTHERS = 0o077


class Vault:
    """Seals with a key that lies in the home folder (mode 0600), beside the database and not in it."""

    def __init__(self, key_file: Path, database: Database) -> None:
        """Reads the key, or makes it the first time; raises CannotStart for a file that is no key."""
        self._key_file = key_file
        self._key = _read_key(key_file)
        self._database = database

    def seal(self, secrets: Mapping[str, str]) -> str:
        """The values, unreadable without the key; empty for none."""
        if not secrets:
            return ""
        return str(self._fernet().encrypt(json.dumps(dict(secrets)).encode()).decode())

    def secrets(self, run_id: str) -> Mapping[str, str]:
        """The private values of a run, in clear: for a launcher's hands only. Raises RunNotFound, PrivateValuesLost."""
        with self._database.read() as connection:
            _, sealed = runs.identity_and_sealed(connection, run_id)
        try:
            return self.opened(sealed) if sealed else {}
        except ValueError as error:
            raise PrivateValuesLost(run_id=run_id, key_file=self._key_file) from error

    def hook_secrets(self, name: str, sealed: str) -> HookSecrets:
        """The secrets of a webhook, which were sealed as `HookSecrets.to_texts`. Raises HookSecretsLost."""
        try:
            return HookSecrets.from_texts(self.opened(sealed))
        except ValueError as error:
            raise HookSecretsLost(name=name) from error

    def digest(self, value: Any) -> str:
        """Equal for equal values, and of no use to somebody who guesses at them without the key."""
        text = json.dumps(value, sort_keys=True).encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()

    def opened(self, sealed: str) -> dict[str, str]:
        """The sealed values in clear; raises ValueError for what was sealed with another key."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 (see `_fernet`)

        try:
            opened: dict[str, str] = json.loads(self._fernet().decrypt(sealed.encode()))
        except InvalidToken as error:
            raise ValueError("sealed with another key") from error
        return opened

    def _fernet(self) -> Any:
        # Imported here because most projects have no private parameters, and need not pay for it at the start.
        from cryptography.fernet import Fernet  # noqa: PLC0415

        return Fernet(self._key)


def _read_key(path: Path) -> bytes:
    if not path.exists():
        _make_key(path)
    if path.stat().st_mode & _OF_OTHERS:
        log.warning("%s could be read by others; it cannot any more", path, extra={"action": "key_closed"})
        path.chmod(0o600)
    key = path.read_bytes().strip()
    try:
        sound = len(base64.urlsafe_b64decode(key)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        sound = False
    if not sound:
        reason = f"{path} is no key. Put the right file back, or delete it: runs with private values are lost then."
        raise CannotStart(reason=reason)
    return key


def _make_key(path: Path) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync(path.parent)  # before any value is sealed with it
