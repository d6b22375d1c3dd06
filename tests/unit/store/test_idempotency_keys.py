"""Which request a key was first used for."""

from __future__ import annotations

import pytest

from trigger_service.domain.errors import IdempotencyMismatch
from trigger_service.domain.queries import Idempotency
from trigger_service.store import idempotency as keys

ASKED = Idempotency("someone", "key", "body")


def test_the_same_key_and_body_give_the_first_run_again_for_seven_days(database, stored):
    run, second = stored(), stored()
    with database.write() as connection:
        assert keys.RUNS.first(connection, ASKED, 0.0) is None
        keys.RUNS.remember(connection, ASKED, run.id, 0.0)
        assert keys.RUNS.first(connection, ASKED, 6.9 * 86400) == run.id
        assert keys.RUNS.first(connection, ASKED, 7.1 * 86400) is None
        # and then the key may be used anew
        keys.RUNS.remember(connection, ASKED, second.id, 7.5 * 86400)
        assert keys.RUNS.first(connection, ASKED, 8.0 * 86400) == second.id


def test_the_same_key_with_another_body_is_refused(database, stored):
    run = stored()
    with database.write() as connection:
        keys.RUNS.remember(connection, ASKED, run.id, 0.0)
        with pytest.raises(IdempotencyMismatch):
            keys.RUNS.first(connection, Idempotency("someone", "key", "other"), 1.0)


def test_keys_of_different_credentials_never_meet(database, stored):
    run = stored()
    with database.write() as connection:
        keys.RUNS.remember(connection, ASKED, run.id, 0.0)
        assert keys.RUNS.first(connection, Idempotency("other", "key", "other"), 1.0) is None
