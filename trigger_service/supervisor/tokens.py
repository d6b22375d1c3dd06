"""Before a start: where requests need a token, there has to be one that starts runs."""

from __future__ import annotations

from trigger_service.config import DATABASE_FILE, Settings
from trigger_service.domain.addresses import is_loopback
from trigger_service.domain.errors import CannotStart
from trigger_service.store import tokens
from trigger_service.store.schema import open_database


def demand_token(settings: Settings, now: float) -> None:
    """Raise CannotStart unless a token with scope run or admin is valid at `now` (seconds since the epoch)."""
    file = settings.home / DATABASE_FILE
    if file.exists():
        database = open_database(file)
        try:
            with database.read() as connection:
                if tokens.any_valid(connection, ("run", "admin"), now):
                    return
        finally:
            database.close()
    reached = f"host = {settings.host} can be reached from other machines"
    why = "require_token is set" if is_loopback(settings.host) else reached
    reason = f"{why}, so requests need a token, and there is none that is valid and may start runs"
    mend = "make one: luigi-trigger tokens create NAME --scope run"
    raise CannotStart(reason=f"{reason}; {mend}, or set [trigger_service] host to 127.0.0.1, require_token to false")
