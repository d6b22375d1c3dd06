"""Before a start: where requests need a token, there has to be one that starts runs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from trigger_service.config import DATABASE_FILE, Settings
from trigger_service.domain.addresses import is_loopback
from trigger_service.domain.errors import CannotStart
from trigger_service.store import tokens
from trigger_service.store.engine import Database
from trigger_service.store.schema import open_database

#: What to do where there is none.
MEND = (
    "make one: luigi-trigger tokens create NAME --scope run, or set [trigger_service] host to 127.0.0.1, "
    "require_token to false"
)


def demand_token(settings: Settings, now: float) -> None:
    """Raise CannotStart unless a token with scope run or admin is valid at `now` (seconds since the epoch)."""
    lacking = lacking_token(settings, now, open_database)
    if lacking:
        raise CannotStart(reason=f"{lacking}; {MEND}")


def lacking_token(settings: Settings, now: float, open_file: Callable[[Path], Database]) -> str:
    """Why `up` would not start for want of a token; empty where it would. `open_file` opens the database."""
    file = settings.home / DATABASE_FILE
    if not settings.token_needed:
        return ""
    if file.exists():
        with closing(open_file(file)) as database, database.read() as connection:
            if tokens.any_valid(connection, ("run", "admin"), now):
                return ""
    reached = f"host = {settings.host} can be reached from other machines"
    why = "require_token is set" if is_loopback(settings.host) else reached
    return f"{why}, so requests need a token, and there is none that is valid and may start runs"
