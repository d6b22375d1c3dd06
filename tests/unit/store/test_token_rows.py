"""The table of tokens."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from trigger_service.domain.errors import TokenExists, TokenNotFound
from trigger_service.domain.tokens import digest_of, new_token
from trigger_service.store import tokens


@pytest.fixture
def made(database):
    """Stores a token: `made("ci", scope="read", expires_at=...)`."""

    def make(name, scope="run", expires_at=None, now=100.0):
        with database.write() as connection:
            digest = digest_of(name + str(now))
            return tokens.insert(connection, name=name, scope=scope, digest=digest, now=now, expires_at=expires_at)

    return make


def test_a_token_is_found_by_its_digest_alone_and_is_stored_nowhere(database):
    secret = new_token(bytes(range(32)))
    with database.write() as connection:
        kept = tokens.insert(connection, name="ci", scope="run", digest=digest_of(secret), now=100.0, expires_at=None)
    with database.read() as connection:
        assert tokens.by_digest(connection, digest_of(secret)) == kept
        assert tokens.by_digest(connection, secret) is None
    files = [file.read_bytes() for file in database.path.parent.iterdir()]
    assert files
    assert not any(secret.encode() in content for content in files)


def test_a_name_stands_for_one_token_until_that_one_is_revoked(database, made):
    first = made("ci", expires_at=150.0)
    with pytest.raises(TokenExists, match="'ci' already, and it is valid"):
        made("ci", now=120.0)
    with pytest.raises(TokenExists, match="'ci' already, and it is expired"):
        made("ci", now=200.0)
    with database.write() as connection:
        assert tokens.revoke(connection, "ci", 210.0).revoked_at == 210.0
    second = made("ci", now=220.0)
    assert second.id != first.id
    with database.read() as connection:
        assert [token.state(230.0) for token in tokens.listed(connection)] == ["revoked", "valid"]


def test_a_token_is_revoked_by_name_or_by_id_once(database, made):
    made("ci")
    ada = made("ada")
    with database.write() as connection:
        assert tokens.revoke(connection, "ci", 200.0).name == "ci"
        assert tokens.revoke(connection, str(ada.id), 200.0).name == "ada"
    for which in ("ci", str(ada.id), "nobody", "99", "9" * 40, "", "²"):
        with pytest.raises(TokenNotFound), database.write() as connection:
            tokens.revoke(connection, which, 300.0)


def test_ids_are_never_used_again(database, made):
    last = made("ci")
    with database.write() as connection:
        connection.execute(text("DELETE FROM tokens"))
    assert made("ci").id > last.id


def test_a_valid_token_is_one_of_the_wanted_scopes_that_has_not_ended(database, made):
    def there():
        with database.read() as connection:
            return tokens.any_valid(connection, ("run", "admin"), 500.0)

    made("reader", scope="read")
    made("old", expires_at=400.0)
    assert not there()
    made("ci", expires_at=600.0)
    assert there()
    with database.write() as connection:
        tokens.revoke(connection, "ci", 450.0)
    assert not there()


def test_uses_are_noted(database, made):
    first, second = made("ci"), made("ada")
    with database.write() as connection:
        tokens.note_uses(connection, {})
        tokens.note_uses(connection, {first.id: 300.0})
    with database.read() as connection:
        used = {token.id: token.last_used_at for token in tokens.listed(connection)}
    assert used == {first.id: 300.0, second.id: None}
