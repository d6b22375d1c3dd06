"""HTTP/1.1 by the standard library, as far as a client of one service needs it.

`requests` would do the same, and takes longer to import than everything else that `luigi-trigger runs` does.
"""

from __future__ import annotations

import http.client
import json
import select
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

#: Seconds to connect.
CONNECT_S = 5.0
#: zlib's window, with the head and the end of a gzip file.
_GZIP = 16 + zlib.MAX_WBITS


class WireBroken(Exception):
    """There was no answer, or it broke off; the text says why."""


@dataclass(frozen=True)
class Reply:
    """An answer. Its body is read once: whole, or piece by piece."""

    response: http.client.HTTPResponse
    connection: http.client.HTTPConnection
    #: Whether the connection is for the next request too.
    kept: bool

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.response.close()
        if not self.kept:
            self.connection.close()

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status

    def header(self, name: str) -> str:
        """A header of the answer; empty where there is none."""
        return self.response.getheader(name) or ""

    def body(self) -> bytes:
        """All of it; raises WireBroken."""
        try:
            return b"".join(self.pieces())
        except WireBroken:
            self.connection.close()
            raise
        finally:
            self.response.close()

    def pieces(self) -> Iterator[bytes]:
        """What has come, as it comes, unpacked; raises WireBroken where it breaks off."""
        unpacker = zlib.decompressobj(_GZIP) if self.header("Content-Encoding") == "gzip" else None
        try:
            while piece := self.response.read1(1 << 16):
                yield unpacker.decompress(piece) if unpacker else piece
        except (OSError, http.client.HTTPException, zlib.error) as error:
            raise WireBroken("it broke off") from error
        if self.response.length or (unpacker and not unpacker.eof):
            raise WireBroken("it broke off")


class Wire:
    """The connections to one server: one that is kept, and one for each answer that is read piece by piece."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        """`url` begins with http:// or https://; `headers` go with every request."""
        self._url = url
        self._headers = dict(headers)
        self._kept: http.client.HTTPConnection | None = None

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection that is kept; also done when nobody knows it any more."""
        if self._kept is not None:
            self._kept.close()

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        read_s: float,
        apart: bool = False,
    ) -> Reply:
        """The answer to a request; raises WireBroken.

        `query` may have lists of values, and None for what is left out; `body` is sent as JSON, bytes as they are.
        `read_s`: seconds of silence after which it is given up. `apart`: on a connection of its own, if it has no end.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = f"{path}?{urlencode(given, doseq=True)}" if given else path
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = {**self._headers, **({"Content-Type": "application/json"} if data else {}), **(headers or {})}
        try:
            connection = self._connection(apart)
            assert connection.sock is not None
            connection.sock.settimeout(read_s)
            connection.request(method, f"{urlsplit(self._url).path}{target}", data, sent)
            return Reply(connection.getresponse(), connection, kept=not apart)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise WireBroken(_reason(error)) from error

    def _connection(self, apart: bool) -> http.client.HTTPConnection:
        if apart:
            return self._connected()
        if self._kept is None or self._kept.sock is None or _is_dropped(self._kept):
            self.close()
            self._kept = self._connected()
        return self._kept

    def _connected(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._url)
        kinds: dict[str, type[http.client.HTTPConnection]] = {
            "http": http.client.HTTPConnection,
            "https": http.client.HTTPSConnection,
        }
        if parts.scheme not in kinds or not parts.hostname:
            raise ValueError("an address begins with http:// or https://, and has a host")
        connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=CONNECT_S)
        try:
            connection.connect()
        except TimeoutError as error:
            raise WireBroken("it did not answer in time") from error
        return connection


def _is_dropped(connection: http.client.HTTPConnection) -> bool:
    """Whether the other side has closed it: there is something to read where nothing was asked."""
    return bool(select.select([connection.sock], [], [], 0)[0])


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it accepted the request and then was silent"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ValueError) and not isinstance(error, UnicodeError):
        return str(error)
    return "the connection failed"
