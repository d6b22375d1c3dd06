"""A proxy before an S3 server, which counts requests and spoils those it is told to."""

import contextlib
import http.client
import socket
import struct
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

#: Headers that belong to one connection.
_HOP = {"connection", "transfer-encoding", "keep-alive", "expect"}
_ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"


@dataclass(frozen=True)
class Asked:
    """A request: its method, its path, its query and its headers."""

    method: str
    path: str
    query: dict
    headers: dict

    @property
    def kind(self):
        """What it is for: put, part, begin, complete, abort, get, head, delete, list, copy."""
        if self.method == "POST":
            return "complete" if "uploadId" in self.query else "begin"
        if self.method == "PUT":
            return "part" if "partNumber" in self.query else "copy" if "x-amz-copy-source" in self.headers else "put"
        if self.method == "DELETE":
            return "abort" if "uploadId" in self.query else "delete"
        return {"GET": "list" if self.path.count("/") < 2 or self.path.endswith("/") else "get"}.get(
            self.method, self.method.lower()
        )


def answer(status, code, message="as the test wants it", **headers):
    """Answer an error, and ask the server nothing."""

    def spoil(handler, asked, body):
        handler.answer(status, headers, _ERROR.format(code=code, message=message).encode())

    return spoil


def reset_request(handler, asked, body):
    """Break the connection in the middle of what is sent, which the server never sees."""
    handler.reset()


def drop_answer(handler, asked, body):
    """Let the server do it, and break the connection before it can say so."""
    handler.forward(asked, body)
    handler.reset()


def lose_body(handler, asked, body):
    """Break both connections when the server has the headers of a request, and awaits its first byte."""
    handler.forward(asked, b"")
    handler.reset()


def break_off(handler, asked, body):
    """Let the server answer, and break the connection in the middle of that."""
    status, headers, content = handler.forward(asked, body)
    handler.answer(status, headers, content, sent=len(content) // 2)
    handler.reset()


def shorten(handler, asked, body):
    """Answer half of what the server does, as if that were all."""
    status, headers, content = handler.forward(asked, body)
    handler.answer(status, headers, content[: len(content) // 2])


def stall(until):
    """Let the server answer half, and be silent then, until an event."""

    def spoil(handler, asked, body):
        status, headers, content = handler.forward(asked, body)
        handler.answer(status, headers, content, sent=len(content) // 2)
        until.wait(30)
        handler.reset()

    return spoil


def after(act):
    """Call a function, and pass the request on then."""

    def spoil(handler, asked, body):
        act()
        handler.answer(*handler.forward(asked, body))

    return spoil


class Proxy:
    """Listens on `url`; `asked` is what has come; `spoil` says what is to go wrong."""

    def __init__(self, upstream):
        self.asked = []
        self._upstream = urlsplit(upstream).netloc
        self._rules = []
        self._lock = threading.Lock()
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)

    def spoil(self, kind, how, times=1, skip=0):
        """Treat the next requests of a kind like this, after so many that are left alone."""
        with self._lock:
            self._rules.append([kind, how, times, skip])

    def kinds(self):
        """What each request was for, in their order."""
        return [each.kind for each in self.asked]

    def rule(self, asked):
        """What is to be done with this request."""
        with self._lock:
            self.asked.append(asked)
            for rule in self._rules:
                if rule[0] == asked.kind and rule[3]:
                    rule[3] -= 1
                elif rule[0] == asked.kind and rule[2]:
                    rule[2] -= 1
                    return rule[1]
        return after(lambda: None)

    def connection(self):
        """A connection to the server."""
        return contextlib.closing(http.client.HTTPConnection(self._upstream, timeout=30))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner = None

    def handle_one_request(self):
        with contextlib.suppress(ConnectionError, ValueError):
            return super().handle_one_request()
        self.close_connection = True
        return None

    def forward(self, asked, body):
        """The status, the headers and the content that the server answers."""
        with self.owner.connection() as connection:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _HOP:
                    connection.putheader(name, value)
            connection.endheaders(body)
            if asked.method == "PUT" and not body:  # all that comes: the server reads the end of it
                connection.sock.shutdown(socket.SHUT_WR)
            got = connection.getresponse()
            return got.status, dict(got.getheaders()), got.read()

    def answer(self, status, headers, content, sent=None):
        """Send it, or so many bytes of it."""
        self.send_response_only(status)
        kept = {name: value for name, value in headers.items() if name.lower() not in (*_HOP, "content-length")}
        length = headers.get("Content-Length", len(content)) if self.command == "HEAD" else len(content)
        for name, value in {**kept, "Content-Length": length}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(content[:sent])
        self.wfile.flush()

    def reset(self):
        """Break the connection, by RST and not by FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.close()

    def log_message(self, *_):
        """Nothing."""

    def _serve(self):
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, parse_qs(parts.query, keep_blank_values=True), headers)
        rule = self.owner.rule(asked)
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size // 2 if rule is reset_request else size)
        rule(self, asked, body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815 - as the standard library calls them
