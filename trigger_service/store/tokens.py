"""The table of API tokens: their digests, never the tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, cast, select, update

from trigger_service.domain.access import Scope
from trigger_service.domain.errors import TokenExists, TokenNotFound
from trigger_service.domain.tokens import Token, is_token_name
from trigger_service.store.tables import tokens

_BY_DIGEST = select(tokens).where(tokens.c.digest == bindparam("of_digest"))
_USE = update(tokens).where(tokens.c.id == bindparam("of_id")).values(last_used_at=bindparam("used_at"))


def insert(
    connection: Connection, *, name: str, scope: Scope, digest: str, now: float, expires_at: float | None
) -> Token:
    """Store a new token; raises TokenExists while one of this name is not revoked."""
    same = connection.execute(select(tokens).where(tokens.c.name == name, tokens.c.revoked_at.is_(None))).first()
    if same is not None:
        raise TokenExists(name=name, state=_from_row(same).state(now))
    values = {"name": name, "scope": scope, "digest": digest, "created_at": now, "expires_at": expires_at}
    return _from_row(connection.execute(tokens.insert().values(values).returning(tokens)).one())


def listed(connection: Connection) -> list[Token]:
    """Every token there ever was, oldest first."""
    return [_from_row(row) for row in connection.execute(select(tokens).order_by(tokens.c.id))]


def by_digest(connection: Connection, digest: str) -> Token | None:
    """The token with a digest, valid or not."""
    row = connection.execute(_BY_DIGEST, {"of_digest": digest}).first()
    return None if row is None else _from_row(row)


def any_valid(connection: Connection, scopes: Collection[Scope], now: float) -> bool:
    """Whether there is a token that is good for one of `scopes` now."""
    return any(token.scope in scopes and token.state(now) == "valid" for token in listed(connection))


def revoke(connection: Connection, name_or_id: str, now: float) -> Token:
    """Revoke a token by its name or id, for ever; raises TokenNotFound, also for one that is revoked already."""
    which = tokens.c.name == name_or_id if is_token_name(name_or_id) else cast(tokens.c.id, Text) == name_or_id
    changed = update(tokens).where(which, tokens.c.revoked_at.is_(None)).values(revoked_at=now).returning(tokens)
    row = connection.execute(changed).first()
    if row is None:
        raise TokenNotFound(name=name_or_id)
    return _from_row(row)


def note_uses(connection: Connection, used_at: Mapping[int, float]) -> None:
    """Store when tokens were last used, by their id."""
    if used_at:
        connection.execute(_USE, [{"of_id": token_id, "used_at": at} for token_id, at in used_at.items()])


def _from_row(row: Row[Any]) -> Token:
    return Token(**row._mapping)
