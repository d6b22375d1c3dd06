"""The one check of who sends a request and whether that one may: all paths go through it, also those of nothing."""

from __future__ import annotations

import hmac
import logging
import math
import time

from trigger_service.domain.access import ANYBODY, SUPERVISOR, Credential, allows, scope_needed
from trigger_service.domain.addresses import caller
from trigger_service.domain.errors import ScopeMissing, TooOften, Unauthenticated
from trigger_service.domain.throttling import Rate
from trigger_service.domain.tokens import PREFIX, Token, digest_of
from trigger_service.service.credentials import Credentials
from trigger_service.web.services import WebConfig
from trigger_service.web.throttle import Throttle

LOG = logging.getLogger(__name__)
#: What one remote address may send of tokens that are none.
FAILURES = Rate(per_second=0.5, burst=10)
#: A burst is so many times what is allowed in a second.
BURST_FACTOR = 2


class Access:
    """Knows who sends a request by its `Authorization`, and bounds how much each one sends. Safe for any thread."""

    def __init__(self, credentials: Credentials, config: WebConfig) -> None:
        self._credentials = credentials
        self._token_needed = config.token_needed
        self._own_secret = config.own_secret.encode()
        self._failures = Throttle(FAILURES)
        per_second = config.requests_per_second
        self._requests = Throttle(Rate(per_second, per_second * BURST_FACTOR)) if per_second else None
        #: Digests of tokens that were good when they were last shown. These may be shown again while their address is
        #: throttled, so that nobody behind the same proxy can lock their holders out.
        self._familiar: set[str] = set()

    def identified(self, authorization: str | None, address: str) -> Credential | None:
        """Who sends the request; None for nobody, where one needs to be somebody.

        Raises Unauthenticated for a token that is no good, and TooOften.
        """
        sent = _bearer(authorization)
        if self._own_secret and hmac.compare_digest(sent.encode(), self._own_secret):
            return SUPERVISOR
        if sent.startswith(PREFIX) or (sent and self._token_needed):
            token = self._token(sent, caller(address))
            self._spend(token.credential.id)
            return token.credential
        # what belongs to somebody else (a proxy) is no concern of a service that needs nothing
        self._spend(caller(address))
        return None if self._token_needed else ANYBODY

    def count(self, address: str) -> None:
        """Count a request that shows who sends it in another way than by a token; raises TooOften."""
        self._spend(caller(address))

    def demand(self, credential: Credential | None, method: str, path: str) -> None:
        """Refuse a request whose sender may not make it; raises Unauthenticated, ScopeMissing."""
        if credential is None:
            raise Unauthenticated(reason="none was sent")
        needed = scope_needed(method, path)
        if not allows(credential.scope, needed):
            raise ScopeMissing(name=credential.name, held=credential.scope, needed=needed)

    def is_good(self, credential: Credential | None) -> bool:
        """Whether somebody who was identified a while ago still would be; raises StoreUnavailable."""
        if credential is None or not credential.digest:
            return True
        token = self._credentials.find(credential.digest)
        return token is not None and token.state(time.time()) == "valid"

    def _token(self, sent: str, sender: str) -> Token:
        digest = digest_of(sent)
        if digest not in self._familiar and (wait_s := self._failures.wait_s(sender)) > 0:
            raise _too_often("Too many tokens that are no good have come from this address.", wait_s)
        token, now = self._credentials.find(digest), time.time()
        fault = "the one that was sent is not known here" if token is None else _fault(token, now)
        if token is None or fault:
            self._familiar.discard(digest)
            self._failures.take(sender)
            LOG.warning("token refused: %s; from %s", fault, sender, extra={"action": "token_refused"})
            raise Unauthenticated(reason=fault)
        self._familiar.add(digest)
        self._credentials.note_use(token, now)
        return token

    def _spend(self, key: str) -> None:
        if self._requests is not None and (wait_s := self._requests.take(key)) > 0:
            raise _too_often("These are more requests a second than are allowed.", wait_s)


def _bearer(authorization: str | None) -> str:
    """The token in an `Authorization` header; empty where there is none."""
    scheme, _, sent = (authorization or "").partition(" ")
    return sent.strip() if scheme.lower() == "bearer" else ""


def _fault(token: Token, now: float) -> str:
    """Why a token that is known is no good; empty for one that is."""
    state = token.state(now)
    return "" if state == "valid" else f"the one that was sent ({token.name!r}) is {state}"


def _too_often(reason: str, wait_s: float) -> TooOften:
    return TooOften(reason=reason, retry_after_s=math.ceil(wait_s))
