"""Forms: what proves that one was made by this service for whoever sends it, and the numbers in it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Any

from flask import g, request
from werkzeug.exceptions import Forbidden

#: The hidden field of every form.
FIELD = "form_token"
#: Characters of a token that make it unlike the others of who asks.
_SALT = 16
_NUMBER = re.compile(r"-?[0-9]{1,18}")


class FormTokens:
    """Tokens for a credential, which no other page can read and nobody can guess; nothing is stored."""

    def __init__(self, secret: bytes) -> None:
        """`secret` is this service's; forms of one with another are refused."""
        self._secret = secret

    def token(self) -> str:
        """One for who asks. Each is another, so that the length of compressed pages gives none of it away."""
        salt = secrets.token_hex(_SALT // 2)
        return salt + self._seal(salt)

    def check(self) -> None:
        """Refuse a form without it."""
        sent = request.form.get(FIELD, "")
        if not hmac.compare_digest(sent[_SALT:].encode(), self._seal(sent[:_SALT]).encode()):
            raise Forbidden(
                "The form is from another page, or from before the last start of the service. Nothing was changed: "
                "open the page again and send it from there."
            )

    def _seal(self, salt: str) -> str:
        return hmac.new(self._secret, f"form {g.credential.id} {salt}".encode(), hashlib.sha256).hexdigest()


def number(text: str) -> Any:
    """What somebody wrote where a number is expected: the number, or else the text, which its model refuses."""
    stripped = text.strip()
    return int(stripped) if _NUMBER.fullmatch(stripped) else stripped


def written() -> dict[str, Any]:
    """The fields that are filled in, but the hidden one."""
    return {name: value for name, value in request.form.items() if value.strip() and name != FIELD}
