"""Requests as nobody should send them, as bytes; each is made from a number, so that it can be made again."""

import json
import random
import socket
from urllib.parse import quote

ROUTES = (
    "/api/v1/runs",
    "/api/v1/runs/{id}",
    "/api/v1/runs/{id}/tasks",
    "/api/v1/runs/{id}/attempts",
    "/api/v1/runs/{id}/logs",
    "/api/v1/runs/{id}/events",
    "/api/v1/runs/{id}/cancel",
    "/api/v1/runs/{id}/retry",
    "/api/v1/pipelines",
    "/api/v1/pipelines/{id}",
    "/api/v1/plans",
    "/api/v1/sensors/{id}",
    "/api/v1/sensors/{id}/secret",
    "/hooks/{id}",
    "/api/v1/openapi.json",
    "/readyz",
    "/limits",
    "/limits/reset",
    "/luigid/{id}/{id}/",
    "/{id}",
)
TEXTS = (
    "..%2f..%2fetc%2fpasswd", "../../../../etc/passwd", "%00", "a\x00b", "'; DROP TABLE runs; --", '"><script>',
    "%0d%0aX: y", "\r\nX-Injected: yes", "${jndi:ldap://x}", "{{7*7}}", "%s%n%x", "\ud7ff\uffff", "ﬀ", "٣",
    "\uff11\uff12", "-1", "1e309", "NaN", "", " ", "%", "%zz", "%ff%fe", "a" * 300, "a" * 9000, "\\", "/", "//", "?",
    "#", "~", "0" * 36, "=", "&&", "[", "(" * 200, "(a+)+$", "*", "true", "null", "2013-01-01T00:00:00",
    "9999999999999999999999",
)  # fmt: skip
KEYS = (
    "state", "pipeline", "trigger", "label", "parameter", "text", "cursor", "limit", "id_prefix", "level", "task",
    "stream", "follow", "after", "created_after", "created_before", "location", "environment", "module", "status",
    "nonsense",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "get", "G" * 300, "\x00", "QUERY")
NAMES = (
    "Idempotency-Key", "Prefer", "Last-Event-ID", "X-Request-Id", "Accept", "Accept-Encoding", "Range",
    "If-None-Match", "Authorization", "Cookie", "Origin", "Expect", "Upgrade", "Content-Encoding", "X-Forwarded-For",
    "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "X-Hub-Signature-256", "X-GitHub-Delivery",
    "Bad Name", "", "é", "Transfer-Encoding", "Content-Length", "Host", "X-Luigi-Trigger-Client", "Connection",
)  # fmt: skip
VERSIONS = ("HTTP/1.1",) * 100 + ("HTTP/1.0", "HTTP/9.9", "FTP/1.1", "")
#: What becomes of a connection: the answer is read whole, or in part, or nobody waits for it.
WAYS = ("read",) * 8 + ("leave", "part")


def request(number, host):
    """The bytes of one request to `host`."""
    chance = random.Random(number)
    line = f"{_method(chance)} {_target(chance)} {chance.choice(VERSIONS)}"
    body = _body(chance)
    headers = [f"Host: {host}"] * chance.choice((1,) * 40 + (0, 2))
    headers += ["Connection: close"] * chance.choice((1, 1, 1, 0))
    headers += [
        f"Content-Type: {chance.choice(('application/json',) * 6 + ('text/plain', 'application/xml', TEXTS[4]))}"
    ]
    headers += [
        f"{chance.choice(NAMES)}: {chance.choice(TEXTS)}" for _ in range(chance.choice((0,) * 5 + (1, 2, 5, 150)))
    ]
    if body or chance.random() < 0.5:
        headers.append(chance.choice((f"Content-Length: {len(body)}",) * 40 + _false_lengths(body)))
    head = "\r\n".join([line, *headers]) + "\r\n\r\n"
    whole = head.encode("utf-8", "surrogatepass") + body
    return whole[: chance.randrange(len(whole))] if chance.random() < 0.05 else whole


def answer(address, number, host):
    """Send a request; the status of its answer, or None where there was none, or nobody waited for it."""
    data, way = request(number, host), random.Random(-number).choice(WAYS)
    with socket.create_connection(address, timeout=30) as connection:
        try:
            connection.sendall(data)
            if way == "leave":
                return None
            connection.shutdown(socket.SHUT_WR)
            begin = connection.recv(1 << 16)
            while way == "read" and connection.recv(1 << 20):
                pass
        except OSError:  # the service has hung up before all was sent
            return None
    words = begin.split(maxsplit=2)
    return int(words[1]) if len(words) > 1 else None


def _method(chance):
    return chance.choice(METHODS) if chance.random() < 0.2 else chance.choice(("GET", "GET", "POST"))


def _target(chance):
    raw = chance.random() < 0.05

    def text():
        chosen = chance.choice(TEXTS)
        return chosen if raw else quote(chosen, safe="%")

    path = chance.choice(ROUTES)
    while "{id}" in path:
        path = path.replace("{id}", text(), 1)
    if chance.random() < 0.1:
        path = chance.choice((f"http://other.example{path}", path[1:], path + "/", path * 40, "*", ""))
    query = "&".join(f"{chance.choice(KEYS)}={text()}" for _ in range(chance.choice((0, 0, 1, 3))))
    return f"{path}?{query}" if query else path


def _false_lengths(body):
    return (f"Content-Length: {len(body) + 9}", "Content-Length: -1", "Content-Length: x", "Transfer-Encoding: chunked")


def _body(chance):
    kind = chance.choice(("none", "none", "odd", "run", "run", "run", "huge", "deep", "bytes", "chunks"))
    if kind == "odd":
        return json.dumps(chance.choice((None, [], 1, "x", {"pipeline": None}, {"": {}}, [{}] * 100))).encode()
    if kind == "run":
        return json.dumps(_run(chance)).encode()
    if kind == "huge":
        return b'{"pipeline": "' + b"x" * chance.choice((10_000, 3_000_000)) + b'"}'
    if kind == "deep":
        return b"[" * 50_000 if chance.random() < 0.5 else b'{"parameters":' * 5000 + b"1" + b"}" * 5000
    if kind == "bytes":
        return chance.randbytes(chance.choice((1, 100, 5000)))
    return b"5\r\n[1,2]\r\n0\r\n\r\n" if kind == "chunks" else b""


def _run(chance):
    values = (*TEXTS, 10**400, -1, 1.5, None, True, [], {}, [[[[]]]], {"a": {"b": "c"}}, "\ud800")
    names = ("pipeline", "module", "parameters", "location", "environment", "workers", "priority", "pools", "labels")
    names += ("timeout_s", "max_attempts", "if_active", "more")
    body = {"pipeline": chance.choice(("Quick", *TEXTS)), "parameters": {"name": chance.choice(values)}}
    for _ in range(chance.choice((0, 1, 1, 4))):
        body[chance.choice(names)] = chance.choice(values)
    return body
