"""API tokens: how they are made, what is kept of them, and how long they are good for."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal, Optional

from trigger_service.domain.access import Credential, Scope

#: What every token begins with, so that programs which look for leaked secrets know it.
PREFIX = "lt_"
#: 256 bits.
RANDOM_BYTES = 32
#: Days that a token is good for where nothing else is said.
USUAL_DAYS = 90
TokenState = Literal["valid", "expired", "revoked"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.@-]{0,63}")
_DAYS = re.compile(r"([0-9]{1,4})d")
#: Also of one that was cut short, and after a line end as JSON writes it; words of a sentence are shorter.
_MENTION = re.compile(rf"(?:\b|(?<=\\[nrt]))({PREFIX}[A-Za-z0-9_-]{{2}})[A-Za-z0-9_-]{{16,}}")
_DAY_S = 24 * 3600.0


@dataclass(frozen=True)
class Token:
    """What is known of a token: everything but the token itself. Times are seconds since the epoch."""

    id: int
    name: str
    scope: Scope
    #: SHA-256 of the token, in hexadecimal digits: of 256 random bits, so that it needs no salt and no slow hash.
    digest: str
    created_at: float
    #: None for never.
    expires_at: Optional[float] = None
    #: To the minute; None before the first use.
    last_used_at: Optional[float] = None
    revoked_at: Optional[float] = None

    @property
    def credential(self) -> Credential:
        """Who a request with this token comes from."""
        return Credential(f"token {self.id}", self.scope, self.name, self.digest)

    def state(self, now: float) -> TokenState:
        """Whether it is good for anything at the time `now`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


def new_token(randomness: bytes) -> str:
    """The token made of 32 random bytes: 46 characters that need no quoting anywhere."""
    return PREFIX + base64.urlsafe_b64encode(randomness).rstrip(b"=").decode()


def digest_of(token: str) -> str:
    """What is stored of a token, and what it is found by."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token_name(text: str) -> bool:
    """Whether a token may be called so: it begins with a letter, so that no name is taken for an id."""
    return _NAME.fullmatch(text) is not None


def expiry(text: str, now: float) -> Optional[float]:
    """The end of a token that is made at `now`, in seconds since the epoch; None for never.

    `text` is `90d`, `never`, or a date (`2031-12-31`), the last day in UTC on which the token is good. Raises
    ValueError for anything else, and for an end that has passed already.
    """
    if text == "never":
        return None
    days = _DAYS.fullmatch(text)
    if days:
        end = now + int(days[1]) * _DAY_S
    else:
        end = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc).timestamp() + _DAY_S
    if end <= now:
        raise ValueError(text)
    return end


def masked(text: str) -> str:
    """A text that others may read, with any token in it made useless."""
    return _MENTION.sub(r"\1...", text)
