"""What luigi.cfg says of the way out: where messages may go, and the server that takes mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Tuple

#: How the connection to a mail server is secured: not at all, on request after it was made, or from its beginning.
Security = Literal["none", "starttls", "tls"]
SECURITY: Tuple[Security, ...] = ("none", "starttls", "tls")


@dataclass(frozen=True)
class Smtp:
    """A server that takes mail; without a `host` there is none. Whoever writes luigi.cfg may name a private one."""

    host: str = ""
    port: int = 587
    security: Security = "starttls"
    #: Who signs in; empty for nobody.
    user: str = ""
    #: The environment variable that holds the password.
    password_variable: str = ""
    sender: str = ""


@dataclass(frozen=True)
class Outside:
    """Where messages may go, and where their links lead."""

    #: Whether private addresses are allowed.
    allow_private: bool = False
    #: The address of the service as its readers know it, without a slash at the end; empty for its own.
    public_url: str = ""
