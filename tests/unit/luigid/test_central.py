"""The service's end of the wire, where nothing good is at the other end."""

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from trigger_service.domain.errors import SchedulerUnavailable
from trigger_service.service.central import Central


@pytest.fixture
def closed_url() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_luigid_that_is_down_is_unavailable_with_its_address(closed_url: str) -> None:
    central = Central(lambda: closed_url)

    with pytest.raises(SchedulerUnavailable, match=closed_url):
        central.free("run", 1)
    assert closed_url in central.health()


def test_a_luigid_that_has_no_address_yet_is_unavailable() -> None:
    with pytest.raises(SchedulerUnavailable, match="has not started"):
        Central(lambda: "").free("run", 1)


@pytest.fixture
def stranger_url(request) -> Iterator[str]:
    status, content = request.param

    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args) -> None:
            """Stay silent."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("stranger_url", [(500, b"oh"), (200, b"<html>"), (200, b"[]"), (403, b"\xff")], indirect=True)
def test_a_stranger_on_its_port_is_told_from_luigid(stranger_url: str) -> None:
    central = Central(lambda: stranger_url)

    with pytest.raises(SchedulerUnavailable):
        central.free("run", 1)
    assert central.health()


@pytest.mark.parametrize("stranger_url", [(404, b"")], indirect=True)
def test_a_server_without_luigis_methods_is_not_healthy(stranger_url: str) -> None:
    assert "is not luigid" in Central(lambda: stranger_url).health()
