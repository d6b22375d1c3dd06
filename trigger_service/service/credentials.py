"""API tokens as the service knows them, and when each was last used."""

from __future__ import annotations

import hmac
import logging
import os
import threading
import time

from trigger_service.domain.access import SCOPES, Scope
from trigger_service.domain.audit import Change
from trigger_service.domain.errors import InvalidRequest, Problem, StoreUnavailable
from trigger_service.domain.tokens import RANDOM_BYTES, Token, digest_of, is_token_name, new_token
from trigger_service.store import audit, tokens
from trigger_service.store.engine import Database

LOG = logging.getLogger(__name__)
#: A use is noted where the last noted one is older, in seconds.
NOTED_EVERY_S = 60.0
#: Seconds between two writings.
_REST_S = 1.0


class Credentials:
    """Looks tokens up, each time anew, so that a new or revoked one counts at once. Safe for any thread.

    Uses are written by a thread of its own: no answer waits for them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        #: When tokens were used, by their id, as far as it is not written.
        self._unwritten: dict[int, float] = {}
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="credentials", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is not written yet, and end the thread."""
        self._stopping.set()
        self._news.set()
        self._thread.join()

    def find(self, digest: str) -> Token | None:
        """The token with a digest, whether or not it is valid; raises StoreUnavailable."""
        with self._database.read() as connection:
            found = tokens.by_digest(connection, digest)
        return found if found is not None and hmac.compare_digest(found.digest, digest) else None

    def listed(self) -> list[Token]:
        """Every token there ever was, oldest first."""
        with self._database.read() as connection:
            return tokens.listed(connection)

    def create(self, name: str, scope: Scope, expires_at: float | None, actor: str) -> tuple[Token, str]:
        """Make a token, and give it itself, which is not stored and never given again.

        `expires_at` is in seconds since the epoch, None for never. Raises InvalidRequest, and TokenExists while one of
        this name is not revoked.
        """
        now, secret = time.time(), new_token(os.urandom(RANDOM_BYTES))
        _demand_sound(name, scope, expires_at, now)
        with self._database.write() as connection:
            digest = digest_of(secret)
            made = tokens.insert(connection, name=name, scope=scope, digest=digest, now=now, expires_at=expires_at)
            after = {"id": made.id, "scope": scope, "expires_at": expires_at}
            audit.record(connection, Change(actor, "token made", f"token {name}", None, after), now)
        return made, secret

    def revoke(self, name_or_id: str, actor: str) -> Token:
        """Make a token useless, at once and for ever; raises TokenNotFound, also for one that is revoked already."""
        now = time.time()
        with self._database.write() as connection:
            gone = tokens.revoke(connection, name_or_id, now)
            before = {"id": gone.id, "scope": gone.scope}
            audit.record(connection, Change(actor, "token revoked", f"token {gone.name}", before, None), now)
        return gone

    def note_use(self, token: Token, now: float) -> None:
        """Have it written, within seconds, that a token was used at `now` (seconds since the epoch)."""
        if token.last_used_at is not None and now - token.last_used_at < NOTED_EVERY_S:
            return
        with self._lock:
            self._unwritten[token.id] = now
        self._news.set()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._news.wait()
            self._news.clear()
            self._write()
            self._stopping.wait(_REST_S)
        self._write()

    def _write(self) -> None:
        with self._lock:
            used, self._unwritten = self._unwritten, {}
        if not used:
            return
        try:
            with self._database.write() as connection:
                tokens.note_uses(connection, used)
        except StoreUnavailable as error:
            LOG.warning("uses of tokens are not noted: %s", error, extra={"action": "token_uses_lost"})


def _demand_sound(name: str, scope: str, expires_at: float | None, now: float) -> None:
    problems = []
    if not is_token_name(name):
        expected = "expected a letter, then letters, digits, _ . @ or -, at most 64"
        problems.append(Problem("/name", f"{name!r} is no name of a token; {expected}."))
    if scope not in SCOPES:
        problems.append(Problem("/scope", f"{scope!r} is no scope; expected one of {', '.join(SCOPES)}."))
    if expires_at is not None and expires_at <= now:
        problems.append(Problem("/expires", "It would have expired already; expected a time to come."))
    if problems:
        raise InvalidRequest(problems)
