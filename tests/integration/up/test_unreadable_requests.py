"""What is no HTTP, or not enough of it: refused with a problem document as everything else, and once."""

import json
import socket
from email import message_from_bytes
from urllib.parse import urlsplit

import pytest

TAIL = b" HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /api/v1/runs" + TAIL + b"Content-Type: application/json\r\nTransfer-Encoding: "


def only_answer(service, raw):
    """Send bytes and read until the connection is closed; gives status, headers and body of the one answer to them."""
    with socket.create_connection(("127.0.0.1", urlsplit(service.url).port), timeout=30) as connection:
        connection.sendall(raw)
        got = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = got.partition(b"\r\n\r\n")
    first, _, rest = head.partition(b"\r\n")
    headers = message_from_bytes(rest)
    assert len(body) == int(headers["Content-Length"]), got
    assert b"gunicorn" not in got
    assert b"Traceback" not in got
    return int(first.split()[1]), headers, json.loads(body)


@pytest.mark.parametrize(
    ("raw", "status", "said"),
    [
        pytest.param(b"GET /a\0b" + TAIL + b"\r\n", 400, "a\\x00b", id="NUL"),
        pytest.param(b"GARBAGE\r\n\r\n", 400, "'GARBAGE'", id="no request line"),
        pytest.param(b"ge{t /" + TAIL + b"\r\n", 400, "ge{t", id="method"),
        pytest.param(b"GET / HTTP/9.9\r\n\r\n", 505, "1.1", id="version"),
        pytest.param(b"GET /" + b"x" * 9000 + TAIL + b"\r\n", 414, "first line is too long", id="long line"),
        pytest.param(b"GET /" + TAIL + b"X: " + b"x" * 9000 + b"\r\n\r\n", 431, "too large", id="large header"),
        pytest.param(b"GET /" + TAIL + b"X: y\r\n" * 200 + b"\r\n", 431, "too many", id="many headers"),
        pytest.param(b"GET /" + TAIL + b"X y: z\r\n\r\n", 400, "'X y'", id="name of a header"),
        pytest.param(b"GET /" + TAIL + b"X: y\r\n z\r\n\r\n", 400, "'X'", id="folded header"),
        pytest.param(b"GET /" + TAIL + b"SCRIPT_NAME: /x\r\n\r\n", 400, "SCRIPT_NAME", id="script name"),
        pytest.param(POST + b"chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n", 400, "ZZ", id="size of a chunk"),
        pytest.param(POST + b"chunked\r\n\r\n2\r\n{}XX0\r\n\r\n", 400, "XX", id="end of a chunk"),
        pytest.param(POST + b"frob\r\n\r\n", 501, "frob", id="transfer coding"),
        pytest.param(POST + b"chunked\r\nContent-Length: 2\r\n\r\n", 400, "CONTENT-LENGTH", id="two lengths"),
        pytest.param(POST + b"chunked\r\nExpect: wonders\r\n\r\n", 417, "wonders", id="expectation"),
    ],
)
def test_what_cannot_be_read_is_answered_with_a_problem_document(service, raw, status, said):
    got, headers, document = only_answer(service, raw)

    assert (got, document["status"]) == (status, status), document
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert {"type", "title", "status", "detail", "errors", "request_id"} == set(document)
    assert document["request_id"] == headers["X-Request-Id"] != ""
    assert said in document["detail"]


def test_the_rest_of_a_body_that_nobody_asked_for_makes_no_second_answer(service):
    raw = b"GET /healthz" + TAIL + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n"

    assert only_answer(service, raw)[0] == 200
