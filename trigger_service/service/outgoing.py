"""The only way out for requests to addresses that somebody has written: with limits, and not into private networks."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, urlsplit

from trigger_service.domain.addresses import is_public
from trigger_service.domain.mistakes import one_line

#: Seconds that the whole of a request may take once its host is looked up, to the last byte that is read of the answer.
TIMEOUT_S = 10.0
#: Bytes of an answer that are read.
_MOST_BYTES = 4096
#: Addresses of a name that are tried.
_MOST_ADDRESSES = 3
_PORTS = {"http": 80, "https": 443}
_AGENT = "luigi-trigger"


class NotSent(Exception):
    """Nobody has taken it; the text says why and has no more of the address than its host."""


class Refused(NotSent):
    """It is not to be sent there, now or later."""


@dataclass(frozen=True)
class Answer:
    """What a server has answered."""

    status: int
    #: The beginning of its text, in one line.
    text: str
    #: Seconds that it asks for before the next request.
    retry_after_s: float | None


def url_fault(url: str) -> str:
    """What is wrong with the address of a request, without the address; empty where nothing is."""
    if not (url.isascii() and url.isprintable()) or " " in url:
        return "it has characters that no address has; write them as %XX"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "its host or port cannot be read"
    if parts.scheme not in _PORTS:
        return "expected an address that begins with https:// or http://"
    if not parts.hostname:
        return "there is no host in it"
    if "@" in parts.netloc:
        return "it has a user or a password in it, which are not sent; leave them out"
    return "expected a port from 1 to 65535" if port == 0 else ""


def shown(url: str) -> str:
    """An address as it may be seen: the rest of it may be what it is secret for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/..."


def post(
    url: str, content: bytes, headers: Mapping[str, str], *, allow_private: bool, timeout_s: float = TIMEOUT_S
) -> Answer:
    """Send a request and give the answer, whatever its status; follows no redirect.

    Connects to the very address that was looked at, so that a name cannot mean another one then. Raises Refused,
    NotSent.
    """
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.hostname or ""
    try:
        with _connected(parts, allow_private, timeout_s) as connection:
            told = {"User-Agent": _AGENT, "Connection": "close", **headers}
            connection.request("POST", target, content, told)
            response = connection.getresponse()
            text = response.read(_MOST_BYTES).decode("utf-8", "replace")
            return Answer(response.status, one_line(text.strip()), _seconds(response.getheader("Retry-After")))
    except ssl.SSLCertVerificationError as error:
        raise NotSent(f"{host} has no certificate that can be trusted: {error.verify_message}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotSent(f"{host}: {_reason(error)}") from error


def addresses(host: str, port: int, allow_private: bool) -> list[str]:
    """The addresses that a host has; raises NotSent where it has none, Refused where one of them is private."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSent(f"{host} cannot be looked up: {_reason(error)}") from error
    resolved = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    private = [] if allow_private else [address for address in resolved if not is_public(address)]
    if private:
        mend = "allow_private = true in [notifications] allows it"
        raise Refused(f"{host} is the private address {private[0]}, to which nothing is sent; {mend}")
    return resolved


@contextmanager
def _connected(parts: SplitResult, allow_private: bool, timeout_s: float) -> Iterator[http.client.HTTPConnection]:
    """A connection that is broken off when its time is over, however slowly the other side goes on."""
    host = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    resolved = addresses(host, port, allow_private)
    until = time.monotonic() + timeout_s
    plain = _first(resolved[:_MOST_ADDRESSES], port, timeout_s)
    plain.settimeout(timeout_s)
    over = threading.Event()
    # of the same connection: shutting down the descriptor is safe whatever another thread does with it
    handle = plain.dup()
    timer = threading.Timer(until - time.monotonic(), _break_off, (handle, over))
    timer.daemon = True
    timer.start()
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    connection.default_port = _PORTS[parts.scheme]  # which needs not stand in the header Host
    try:
        connection.sock = _secured(plain, host) if parts.scheme == "https" else plain
        yield connection
        if over.is_set():  # what has come by then may look like a whole answer
            raise TimeoutError
    except (OSError, http.client.HTTPException, ValueError) as error:
        if over.is_set():
            raise TimeoutError(f"no whole answer within {timeout_s:g} seconds") from error
        raise
    finally:
        timer.cancel()
        connection.close()
        plain.close()
        handle.close()


def _first(resolved: list[str], port: int, timeout_s: float) -> socket.socket:
    """A connection to the first address that takes one, all within the time; raises OSError."""
    *others, last = resolved
    for address in others:
        try:
            return socket.create_connection((address, port), timeout_s / len(resolved))
        except OSError:
            continue
    return socket.create_connection((last, port), timeout_s / len(resolved))


def _secured(plain: socket.socket, host: str) -> ssl.SSLSocket:
    return _context().wrap_socket(plain, server_hostname=host)


@cache
def _context() -> ssl.SSLContext:
    """Made once: reading the certificates that are trusted takes long."""
    return ssl.create_default_context()


def _break_off(handle: socket.socket, over: threading.Event) -> None:
    over.set()
    try:
        handle.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is over anyway


def _seconds(text: str | None) -> float | None:
    """Retry-After, where it is a number."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else None


def _reason(error: Exception) -> str:
    """What went wrong, in words that have no address in them."""
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return type(error).__name__


def is_private_literal(host: str) -> bool:
    """Whether a host is written as a private address, so that it need not be looked up."""
    try:
        return not is_public(str(ipaddress.ip_address(host)))
    except ValueError:
        return host.rstrip(".").lower() == "localhost"
