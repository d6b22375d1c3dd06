import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from patients import Patient


@pytest.fixture
def patient(tmp_path):
    """A project that is well."""
    return Patient(tmp_path)


@pytest.fixture
def gone():
    """The pid of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    return process.pid


@pytest.fixture
def answering():
    """A server that answers to everything, with this date and body; gives its address."""
    servers = []

    def start(date, body=b"{}"):
        class Handler(BaseHTTPRequestHandler):
            def date_time_string(self, timestamp=None):
                return super().date_time_string(date)

            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format, *args):
                return None

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()
