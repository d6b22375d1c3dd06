"""Who sends a request and what that one may do: scopes, and the scope that a request needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Tuple

Scope = Literal["read", "run", "admin"]
#: Each may do whatever those before it may.
SCOPES: Tuple[Scope, ...] = ("read", "run", "admin")

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Requests that need the scope `run`; what neither reads nor stands here needs `admin`.
_RUNNING = re.compile(
    r"POST /api/v1/runs(/[^/]+/(cancel|retry))?|(POST|DELETE) /api/v1/plans"
    r"|POST /api/v1/targets/(plan|verify)|POST /api/v1/operations/[^/]+/undo"
    r"|POST /targets/verify(/stop)?|POST /operations/[^/]+/undo"
    r"|POST /pipelines/[^/]+/calendar"
    r"|POST /launch/[^/]+|POST /runs/([^/]+/)?(cancel|retry)"
)
#: Deliveries of webhooks: whoever can sign them may send them.
_SIGNED = re.compile(r"POST /hooks/[^/]+")


@dataclass(frozen=True)
class Credential:
    """Who a request comes from."""

    #: Unlike that of any other, for all time.
    id: str
    scope: Scope
    #: The token's name; empty where there is none.
    name: str = ""
    #: What its token is found by; empty where there is none.
    digest: str = ""


#: Somebody who shows nothing, where nothing needs to be shown.
ANYBODY = Credential("anonymous", "admin")
#: The process that has started the service.
SUPERVISOR = Credential("supervisor", "admin")


def allows(held: Scope, needed: Scope) -> bool:
    """Whether somebody who has the scope `held` may do what needs the scope `needed`."""
    return SCOPES.index(held) >= SCOPES.index(needed)


def scope_needed(method: str, path: str) -> Scope:
    """The scope that a request needs, whether or not there is anything at its path."""
    if method in _SAFE_METHODS:
        return "read"
    return "run" if _RUNNING.fullmatch(f"{method} {path}") else "admin"


def is_signed(method: str, path: str) -> bool:
    """Whether a request needs no token, because it is refused unless its body is signed."""
    return _SIGNED.fullmatch(f"{method} {path}") is not None
