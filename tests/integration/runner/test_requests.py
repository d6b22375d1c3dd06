"""What a run asks luigid, counted between the two: every request is on the way to a task or to the run's end."""

import http.client
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest


class Counter(ThreadingHTTPServer):
    """Passes requests on to luigid and notes the last part of their paths."""

    def __init__(self, url):
        super().__init__(("127.0.0.1", 0), Forward)
        self.behind = urlsplit(url).netloc
        self.asked = []


class Forward(BaseHTTPRequestHandler):
    """One connection of a child."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        """Pass it on."""
        self.server.asked.append(PurePosixPath(self.path).name)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with closing(http.client.HTTPConnection(self.server.behind)) as there:
            there.request("POST", self.path, body, dict(self.headers))
            answer = there.getresponse()
            content = answer.read()
        self.send_response_only(answer.status)
        for name in ("Content-Type", "X-Luigid-Boot"):
            self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def asked(luigid):
    """The requests of children that are started from now on, but for signs of life."""
    counter, there = Counter(luigid.url), luigid.url
    luigid.url = f"http://127.0.0.1:{counter.server_port}"
    thread = threading.Thread(target=counter.serve_forever)
    thread.start()
    yield lambda: [name for name in counter.asked if name != "ping"]
    luigid.url = there
    counter.shutdown()
    thread.join()
    counter.server_close()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_takes_three_requests_and_the_end_of_a_run_none(attempt, asked, workers):
    assert attempt("Quick", name="one", workers=workers).start().wait().outcome == "succeeded"

    assert asked() == ["add_task", "get_work", "add_task"]


def test_a_run_that_has_nothing_to_do_takes_one(attempt, asked):
    attempt("Quick", name="one").start().wait()
    before = len(asked())

    assert attempt("Quick", name="one").start().wait().outcome == "succeeded"

    assert asked()[before:] == ["add_task"]
