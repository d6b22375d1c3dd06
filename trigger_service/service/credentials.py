"""API tokens as the service knows them, and when each was last used."""

from __future__ import annotations

import hmac
import logging
import threading

from trigger_service.domain.errors import StoreUnavailable
from trigger_service.domain.tokens import Token
from trigger_service.store import tokens
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
