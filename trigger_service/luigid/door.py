"""Who may speak to luigid: no names but its own, so that no web page of another origin can."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from tornado.web import HTTPError, RequestHandler


@dataclass(frozen=True)
class Door:
    """Who may come in, and what every answer carries."""

    boot_id: str
    #: Names in the Host header that are let in, besides loopback ones.
    hosts: Set[str] = frozenset()

    def refusal(self, host: str, origin: str | None) -> str:
        """Why a request with these headers is refused; empty for one that is let in."""
        name = _parts(f"//{host}").hostname or ""
        if not (name in self.hosts or name == "localhost" or _is_loopback(name)):
            return f"Host {host!r} is none that this luigid answers to; start it with --allow-host to add one"
        if origin is not None and _parts(origin).netloc.lower() != host.lower():
            return f"Origin {origin!r} is foreign to this luigid"
        return ""


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # a bracket without its other half
        return urlsplit("")


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


class Guarded(RequestHandler):
    """A handler that lets in whom the door lets in. Mixed into every handler, luigi's own included."""

    def set_default_headers(self) -> None:
        """Every answer names this boot, so that a worker notices a restart, and may not be framed by other pages."""
        self.set_header("X-Luigid-Boot", self.settings["door"].boot_id)
        self.set_header("X-Frame-Options", "SAMEORIGIN")

    def prepare(self) -> None:
        """Refuse before anything is done."""
        reason = self.settings["door"].refusal(self.request.host, self.request.headers.get("Origin"))
        if reason:
            raise Refused(HTTPStatus.FORBIDDEN, reason)

    def write_error(self, status_code: int, **details: Any) -> None:
        """One line of plain text."""
        _, error, _ = details.get("exc_info", (None, None, None))
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", "POST")
        self.finish(f"{error.detail if isinstance(error, Refused) else HTTPStatus(status_code).phrase}\n")


class Refused(HTTPError):
    """A request that is not served, and why."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(status, "%s", detail)
        self.detail = detail
