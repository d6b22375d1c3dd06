"""Webhooks: deliveries are taken from whoever knows the secret, and the secrets are made, rotated and kept."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress

from trigger_service.domain.audit import Change
from trigger_service.domain.errors import HookSecretsLost, InvalidRequest, Problem, SensorNotFound
from trigger_service.domain.hook_secrets import HookSecrets
from trigger_service.domain.sensors import Sensor
from trigger_service.domain.signatures import SECRET_BYTES, WebhookSource, new_secret, secret_fault, verify
from trigger_service.service.sensor_checks import SensorChecks
from trigger_service.service.sensors import Sensors
from trigger_service.service.vault import Vault
from trigger_service.store import audit
from trigger_service.store import sensors as table
from trigger_service.store.engine import Database


class Hooks:
    """All sensors that are webhooks. Safe for any thread."""

    def __init__(self, database: Database, sensors: Sensors, checks: SensorChecks, vault: Vault) -> None:
        self._database = database
        self._sensors = sensors
        self._checks = checks
        self._vault = vault
        #: By webhook, the sealed secrets that were opened last, and what they are.
        self._opened: dict[str, tuple[str, HookSecrets]] = {}

    def verified(self, name: str, headers: Mapping[str, str], body: bytes) -> tuple[Sensor, str]:
        """The webhook, and the id of a delivery whose signature is good; `headers` has their names in lower case.

        Raises SensorNotFound, SignatureRefused, HookSecretsLost.
        """
        with self._database.read() as connection:
            sensor, source = _webhook(table.get(connection, name), name)
        opened = self._opened.get(name)
        if opened is None or opened[0] != sensor.sealed:
            opened = self._opened[name] = sensor.sealed, self._vault.hook_secrets(name, sensor.sealed)
        now = time.time()
        return sensor, verify(source, headers, body, opened[1].valid(now), now)

    def save(self, sensor: Sensor, secret: str | None, actor: str) -> tuple[Sensor, str | None]:
        """Save a webhook; gives the secret where one had to be made: nobody is shown it again.

        One is made where none is given, and the webhook is new or of another scheme than before. Raises what
        `Sensors.save` does.
        """
        source = sensor.source
        assert isinstance(source, WebhookSource), "a sensor of another kind has no secret"
        self._check(sensor, source, secret)
        made = new_secret(source.scheme, os.urandom(SECRET_BYTES))
        # before the transaction, which holds up all others
        sealed = self._vault.seal(HookSecrets(made if secret is None else secret).to_texts())

        def seal(old: Sensor | None) -> str:
            return old.sealed if secret is None and old is not None and _scheme(old) == source.scheme else sealed

        saved = self._sensors.save(sensor, actor, seal)
        return saved, made if secret is None and saved.sealed == sealed else None

    def rotate(
        self, name: str, secret: str | None, keep_old_for_s: float, actor: str
    ) -> tuple[HookSecrets, str | None]:
        """Put a secret, given or made here, in the place of the one in use, which stays good for so many seconds.

        Gives both, and the new one where it was made here. Raises SensorNotFound, InvalidRequest.
        """
        with self._database.write() as connection:
            found = table.get(connection, name)
            if found is not None and found.kind != "webhook":
                detail = f"only a webhook has a secret, and {name} is a sensor of the kind {found.kind}"
                raise InvalidRequest([Problem("/secret", detail)])
            sensor, source = _webhook(found, name)
            new = new_secret(source.scheme, os.urandom(SECRET_BYTES)) if secret is None else secret
            _refuse(source, new)
            now = time.time()
            kept = HookSecrets(new)
            with suppress(HookSecretsLost):  # then there is no old one to be kept
                kept = self._vault.hook_secrets(name, sensor.sealed).rotated(new, keep_old_for_s, now)
            table.save(connection, sensor.evolve(sealed=self._vault.seal(kept.to_texts()), updated_at=now))
            told = {"old_good_until": kept.old_until if kept.old else None}
            audit.record(connection, Change(actor, "webhook secret rotated", f"sensor {name}", None, told), now)
        return kept, new if secret is None else None

    def _check(self, sensor: Sensor, source: WebhookSource, secret: str | None) -> None:
        """Raise what is wrong with a secret, with all else that is wrong."""
        if secret is None or source.problems():
            return
        try:
            _refuse(source, secret)
        except InvalidRequest as error:
            problems = error.problems
            try:
                self._checks.check(sensor)
            except InvalidRequest as more:
                problems += more.problems
            raise InvalidRequest(problems) from None


def _webhook(sensor: Sensor | None, name: str) -> tuple[Sensor, WebhookSource]:
    """A sensor, which has to be a webhook."""
    if sensor is None or not isinstance(sensor.source, WebhookSource):
        raise SensorNotFound(name=name)
    return sensor, sensor.source


def _scheme(sensor: Sensor) -> str | None:
    return sensor.source.scheme if isinstance(sensor.source, WebhookSource) else None


def _refuse(source: WebhookSource, secret: str) -> None:
    """Raise InvalidRequest for a secret that cannot be used."""
    fault = secret_fault(source.scheme, secret)
    if fault:
        raise InvalidRequest([Problem("/secret", fault)])
