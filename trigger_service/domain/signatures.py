"""Whether a delivery of a webhook was signed by somebody who knows the secret, over the raw bytes of its body. Pure.

standard    Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature (v1,base64 of an HMAC-SHA256 over
            "{id}.{timestamp}.{body}", several with spaces between); the key is what whsec_... says in base64
github      X-Hub-Signature-256: sha256=hex of an HMAC over the body; the id is X-GitHub-Delivery
hmac        as `WebhookSource` says: over the body, or over "{timestamp}.{body}"
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Dict, Iterator, List, Literal, Mapping, Sequence, Tuple

from trigger_service.domain.errors import Problem, SignatureRefused
from trigger_service.domain.mistakes import one_line

Scheme = Literal["standard", "github", "hmac"]
Encoding = Literal["hex", "base64"]
Digest = Literal["sha256", "sha512"]

SCHEMES: Tuple[Scheme, ...] = ("standard", "github", "hmac")
ENCODINGS: Tuple[Encoding, ...] = ("hex", "base64")
DIGESTS: Tuple[Digest, ...] = ("sha256", "sha512")

#: Seconds by which a signed timestamp may differ from the clock here, unless the webhook says otherwise, and at most.
TOLERANCE_S = 300.0
LONGEST_TOLERANCE_S = 3600.0
#: Random bytes of a secret that is made here.
SECRET_BYTES = 32
#: Bytes of a key that somebody else has made.
SHORTEST_KEY, LONGEST_KEY = 16, 255
_STANDARD_PREFIX = "whsec_"
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")
_PREFIX = re.compile(r"[\x20-\x7e]{0,100}")
_ID = re.compile(r"[\x21-\x7e]{1,255}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class WebhookSource:
    """How the deliveries of a webhook are signed; all but the scheme goes with `hmac`."""

    kind: ClassVar[Literal["webhook"]] = "webhook"

    scheme: Scheme = "standard"
    #: Which header has the signature, what stands in it before the signature, and how that is written.
    header: str = ""
    prefix: str = ""
    encoding: Encoding = "hex"
    digest: Digest = "sha256"
    #: Which header has the id of a delivery; without one the id is the digest of the body.
    id_header: str = ""
    #: Which header has seconds since the epoch, where these are signed with the body.
    timestamp_header: str = ""
    tolerance_s: float = TOLERANCE_S

    def problems(self) -> List[Problem]:
        """Everything that is wrong with it; pointers are from the source on."""
        return [Problem(f"/{member}", detail) for member, detail in self._faults()]

    def default_mapping(self, _document: Any = None) -> Mapping[str, Any]:
        """The parameters where no mapping names any: none."""
        return {}

    def _faults(self) -> Iterator[Tuple[str, str]]:
        for member, words in (("scheme", SCHEMES), ("encoding", ENCODINGS), ("digest", DIGESTS)):
            word = getattr(self, member)
            if word not in words:
                yield member, f"{word!r} cannot be used: expected one of {', '.join(words)}"
        if self.scheme == "hmac":
            yield from self._faults_of_hmac()
        elif self.scheme in SCHEMES:
            yield from self._superfluous()

    def _superfluous(self) -> Iterator[Tuple[str, str]]:
        for field in fields(self)[1:]:
            if getattr(self, field.name) != field.default:
                yield field.name, f"goes with the scheme hmac; {self.scheme} says itself how it signs"

    def _faults_of_hmac(self) -> Iterator[Tuple[str, str]]:
        names: Dict[str, str] = {}
        for member in ("header", "id_header", "timestamp_header"):
            name = getattr(self, member)
            if name and not _HEADER.fullmatch(name):
                yield member, f"{one_line(name)!r} is no name of a header; expected letters, digits and -"
            elif name and name.lower() in names:
                yield member, f"{name!r} is the {names[name.lower()]} already; each needs a header of its own"
            names.setdefault(name.lower(), member)
        if not self.header:
            yield "header", 'the scheme hmac needs the header that has the signature, as in "X-Signature"'
        if not _PREFIX.fullmatch(self.prefix):
            yield "prefix", 'expected at most 100 printable ASCII characters, as in "sha256="'
        if not 1 <= self.tolerance_s <= LONGEST_TOLERANCE_S:
            yield "tolerance_s", f"{self.tolerance_s!r} cannot be used: expected 1 to {LONGEST_TOLERANCE_S:g} seconds"


@dataclass(frozen=True)
class _Claim:
    """What a delivery says of itself: the text that is signed, and the signatures that it has."""

    delivery: str
    text: bytes
    signatures: List[bytes]


def verify(source: WebhookSource, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> str:
    """The id of a delivery that is signed with one of the secrets; `headers` has their names in lower case.

    Raises SignatureRefused, which says what is wrong and shows neither a secret nor the signature that was expected.
    """
    claim = _CLAIMS[source.scheme](source, headers, body, now)
    good = False
    for secret in secrets:
        expected = _signature(source, secret, claim.text)
        for signature in claim.signatures:  # all of them, so that the time taken says nothing
            good |= hmac.compare_digest(expected, signature)
    if not good:
        reason = "no secret of this webhook makes it: the sender has another one, or the body was changed on its way"
        raise SignatureRefused(reason=reason)
    return claim.delivery


def sign(source: WebhookSource, secret: str, body: bytes, delivery: str, now: float) -> Dict[str, str]:
    """The headers with which somebody who knows the secret sends a body."""
    timestamp = str(int(now))
    if source.scheme == "standard":
        signature = _signature(source, secret, f"{delivery}.{timestamp}.".encode() + body)
        signed = "v1," + base64.b64encode(signature).decode()
        return {"webhook-id": delivery, "webhook-timestamp": timestamp, "webhook-signature": signed}
    if source.scheme == "github":
        signed = "sha256=" + _signature(source, secret, body).hex()
        return {"X-GitHub-Delivery": delivery, "X-Hub-Signature-256": signed}
    text = f"{timestamp}.".encode() + body if source.timestamp_header else body
    signature = _signature(source, secret, text)
    written = signature.hex() if source.encoding == "hex" else base64.b64encode(signature).decode()
    named = {source.header: source.prefix + written, source.id_header: delivery, source.timestamp_header: timestamp}
    return {name: value for name, value in named.items() if name}


def new_secret(scheme: Scheme, randomness: bytes) -> str:
    """A secret made of random bytes, as senders of the scheme want it written."""
    return _STANDARD_PREFIX + base64.b64encode(randomness).decode() if scheme == "standard" else randomness.hex()


def secret_fault(scheme: Scheme, secret: str) -> str:
    """What is wrong with a secret that somebody else has made, without showing it; empty where nothing is."""
    try:
        length = len(_key(scheme, secret))
    except ValueError:
        return f"expected {_STANDARD_PREFIX} and base64, as senders by Standard Webhooks have it"
    if SHORTEST_KEY <= length <= LONGEST_KEY:
        return ""
    return f"is a key of {length} bytes; expected {SHORTEST_KEY} to {LONGEST_KEY} that nobody can guess"


def _standard(source: WebhookSource, headers: Mapping[str, str], body: bytes, now: float) -> _Claim:
    delivery = _id(headers, "webhook-id")
    timestamp = _timestamp(headers, "webhook-timestamp", source.tolerance_s, now)
    signatures = []
    for one in _header(headers, "webhook-signature").split(" "):
        version, _, text = one.partition(",")
        if version == "v1":
            signatures.append(_decoded("webhook-signature", text, "base64"))
    if not signatures:
        raise SignatureRefused(reason="the header webhook-signature has none of version v1, as in v1,K5oZ...")
    return _Claim(delivery, f"{delivery}.{timestamp}.".encode() + body, signatures)


def _github(_source: WebhookSource, headers: Mapping[str, str], body: bytes, _now: float) -> _Claim:
    signature = _prefixed(headers, "X-Hub-Signature-256", "sha256=", "hex")
    return _Claim(_id(headers, "X-GitHub-Delivery"), body, [signature])


def _hmac(source: WebhookSource, headers: Mapping[str, str], body: bytes, now: float) -> _Claim:
    signature = _prefixed(headers, source.header, source.prefix, source.encoding)
    delivery = _id(headers, source.id_header) if source.id_header else hashlib.sha256(body).hexdigest()
    if not source.timestamp_header:
        return _Claim(delivery, body, [signature])
    timestamp = _timestamp(headers, source.timestamp_header, source.tolerance_s, now)
    return _Claim(delivery, f"{timestamp}.".encode() + body, [signature])


_CLAIMS = {"standard": _standard, "github": _github, "hmac": _hmac}


def _key(scheme: Scheme, secret: str) -> bytes:
    """The bytes that sign; raises ValueError for a secret that the scheme has no such for."""
    if scheme != "standard":
        return secret.encode()
    if not secret.startswith(_STANDARD_PREFIX):
        raise ValueError
    text = secret[len(_STANDARD_PREFIX) :].rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _signature(source: WebhookSource, secret: str, text: bytes) -> bytes:
    return hmac.digest(_key(source.scheme, secret), text, source.digest)


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name.lower(), "")
    if not value:
        raise SignatureRefused(reason=f"there is no header {name}")
    return value


def _id(headers: Mapping[str, str], name: str) -> str:
    value = _header(headers, name)
    if not _ID.fullmatch(value):
        raise SignatureRefused(reason=f"the header {name} is no id: expected 1 to 255 visible ASCII characters")
    return value


def _timestamp(headers: Mapping[str, str], name: str, tolerance_s: float, now: float) -> str:
    """The text of a timestamp that is near enough to `now`."""
    value = _header(headers, name)
    if not _TIMESTAMP.fullmatch(value):
        raise SignatureRefused(reason=f"the header {name} is {one_line(value)!r}: expected seconds since the epoch")
    late = now - int(value)
    if abs(late) > tolerance_s:
        off = f"{abs(late):.0f} s {'ago' if late > 0 else 'from now'}, and {tolerance_s:g} s are allowed"
        raise SignatureRefused(reason=f"it is of {off}; it is a repeated one, or a clock is wrong")
    return value


def _prefixed(headers: Mapping[str, str], name: str, prefix: str, encoding: Encoding) -> bytes:
    value = _header(headers, name)
    if not value.startswith(prefix):
        raise SignatureRefused(reason=f"the header {name} does not begin with {prefix!r}")
    return _decoded(name, value[len(prefix) :], encoding)


def _decoded(name: str, text: str, encoding: Encoding) -> bytes:
    try:
        if encoding == "hex":
            return binascii.unhexlify(text)
        return base64.b64decode(text, validate=True)
    except ValueError as error:  # binascii's too
        raise SignatureRefused(reason=f"what the header {name} has is not {encoding}") from error
