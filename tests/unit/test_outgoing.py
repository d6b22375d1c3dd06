"""Requests to addresses that somebody has written: where they go, where they do not, and how long they may take."""

import socket
import ssl
import threading
import time

import pytest
from receivers import Receiver, certified

from trigger_service.domain.addresses import is_public
from trigger_service.service import outgoing
from trigger_service.service.apprise_child import Guard
from trigger_service.service.outgoing import NotSent, Refused, post, shown, url_fault

PRIVATE = """\
127.0.0.1 127.8.8.8 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
    192.0.0.192 198.18.0.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%1 fc00::1 fd00:ec2::254
    ff02::1 fec0::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::a00:1
    64:ff9b:1::7f00:1 2002:7f00:1:: 2002:a00:1:: 2001:db8::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 nonsense"""
PUBLIC = "8.8.8.8 93.184.216.34 1.1.1.1 2606:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::808:808"


@pytest.mark.parametrize("address", PRIVATE.split())
def test_an_address_that_leads_into_this_machine_or_network_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_an_address_of_the_internet_is_public(address):
    assert is_public(address)


@pytest.fixture
def receiver():
    with Receiver() as server:
        yield server


def send(url, **more):
    return post(url, b"{}", {"Content-Type": "application/json"}, **{"allow_private": True, **more})


def test_a_request_arrives_with_its_path_query_headers_and_content(receiver):
    answer = send(f"{receiver.url}/services/T0?x=1%20y")
    ((path, headers, content),) = receiver.came
    assert (answer.status, answer.text, path, content) == (200, "ok", "/services/T0?x=1%20y", b"{}")
    assert headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0.0.0.0", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"]
)
def test_a_private_address_is_refused_however_it_is_written_also_as_a_name(receiver, host):
    with pytest.raises(Refused, match="private address"):
        send(f"http://{host}:{receiver.port}/secret", allow_private=False)
    assert receiver.came == []


def test_a_name_with_one_private_address_is_refused_and_the_address_that_was_checked_is_used(receiver, monkeypatch):
    """The name means another address each time that it is looked up: it is looked up once."""
    # Given a name that leads out of here, and the next time into here
    asked = []

    def changing(host, port, **_more):
        asked.append(host)
        address = "192.0.2.1" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("8.8.8.8", "127.0.0.1")]
    with monkeypatch.context() as patched:
        patched.setattr(outgoing.socket, "getaddrinfo", lambda *_arguments, **_more: public)
        with pytest.raises(Refused, match=r"rebinding\.example is the private address 127\.0\.0\.1"):
            send("http://rebinding.example/", allow_private=False)
        # When it is sent there
        connected = []
        patched.setattr(outgoing.socket, "getaddrinfo", changing)
        patched.setattr(outgoing, "is_public", lambda _address: True)
        patched.setattr(outgoing.socket, "create_connection", lambda to, _s: connected.append(to) or _refuse())
        with pytest.raises(NotSent):
            send("http://rebinding.example/", allow_private=False)
    # Then to the first
    assert (connected, asked) == ([("192.0.2.1", 80)], ["rebinding.example"])


def _refuse():
    raise ConnectionRefusedError(111, "Connection refused")


def test_a_redirect_is_an_answer_and_is_not_followed(receiver):
    receiver.answer = (302, {"Location": f"{receiver.url}/elsewhere"}, b"")
    assert send(f"{receiver.url}/").status == 302
    assert len(receiver.came) == 1


def test_of_a_large_answer_only_the_beginning_is_read(receiver):
    receiver.answer = (500, {"Retry-After": "17"}, b"x" * 5_000_000)
    answer = send(f"{receiver.url}/")
    assert (answer.status, len(answer.text), answer.retry_after_s) == (500, 80, 17.0)


def test_a_receiver_that_goes_on_for_ever_is_broken_off():
    """Each byte comes in time, and all of them never do."""
    over = threading.Event()

    def drip(listener):
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.02):
                try:
                    connection.sendall(b"X-Drip: 1\r\n")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        with pytest.raises(NotSent, match=r"no whole answer within 0\.5 seconds"):
            send(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout_s=0.5)
        over.set()
        thread.join()


def test_what_cannot_be_reached_is_told_without_the_path():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotSent, match="Connection refused") as told:
        send(f"http://127.0.0.1:{port}/T0secret")
    assert "T0secret" not in str(told.value)
    with pytest.raises(NotSent, match="cannot be looked up"):
        send("http://nowhere.invalid/T0secret")


def test_a_certificate_has_to_be_trusted_and_of_the_name(tmp_path, monkeypatch):
    context, certificate = certified(tmp_path, "localhost")
    with Receiver(context) as server:
        with pytest.raises(NotSent, match="localhost has no certificate that can be trusted"):
            send(f"https://localhost:{server.port}/")
        monkeypatch.setattr(outgoing, "_context", lambda: ssl.create_default_context(cafile=certificate))
        assert send(f"https://localhost:{server.port}/").status == 200
        with pytest.raises(NotSent, match=r"127\.0\.0\.1 has no certificate that can be trusted"):
            send(f"https://127.0.0.1:{server.port}/")
    assert len(server.came) == 1


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://hooks.slack.com/services/T0", ""),
        ("http://example.org:8080/?a=b", ""),
        ("ftp://example.org/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("example.org", "https://"),
        ("https://", "no host"),
        ("https:///x", "no host"),
        ("https://ada:secret@example.org/", "user or a password"),
        ("https://example.org:99999/", "port"),
        ("https://example.org:0/", "port"),
        ("https://[::1/", "host or port"),
        ("https://example.org/a b", "characters"),
        ("https://example.org/\r\nX: y", "characters"),
        ("https://exämple.org/", "characters"),
    ],
)
def test_what_is_no_address_of_a_request_is_said(url, fault):
    assert fault in url_fault(url)
    assert (url_fault(url) == "") is (fault == "")
    assert "secret" not in url_fault(url)


def test_of_an_address_only_the_host_is_shown():
    assert shown("https://hooks.slack.com/services/T0/B0/secret?x=1") == "https://hooks.slack.com/..."
    assert shown("http://example.org:8080/x") == "http://example.org:8080/..."


def test_a_request_takes_no_longer_than_it_may_when_nobody_answers():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(NotSent):
            send(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=0.3)
        assert time.monotonic() - began < 25


def test_where_the_first_address_of_a_name_takes_no_connection_the_next_one_is_tried(receiver, monkeypatch):
    # nobody listens at the first
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (to, receiver.port)) for to in ("127.0.0.2", "127.0.0.1")]
    monkeypatch.setattr(outgoing.socket, "getaddrinfo", lambda *_arguments, **_more: found)
    assert send(f"http://two.example:{receiver.port}/").status == 200
    assert receiver.came[0][1]["Host"] == f"two.example:{receiver.port}"


@pytest.mark.parametrize(
    "address", [("127.0.0.1", 80), ("::1", 80, 0, 0), ("localhost", 80), "/run/docker.sock", b"\0bus"]
)
def test_what_apprise_connects_to_by_itself_is_refused_where_it_is_private(address):
    guard = Guard()
    for event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        with pytest.raises(PermissionError):
            guard(event, (None, address))
    assert guard.refused
    # all else goes on
    guard("socket.connect", (None, ("8.8.8.8", 443)))
    guard("socket.sendmsg", (None, None))
    guard("open", ("/etc/hosts", "r", 0))
