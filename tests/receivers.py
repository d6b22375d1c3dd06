"""Real receivers of what the product sends: an HTTP server that remembers what came, and a mail server."""

import contextlib
import http.server
import ssl
import subprocess
import threading
from collections import deque

from aiosmtpd.controller import Controller


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        receiver = self.server.receiver
        status, headers, text = receiver.next.popleft() if receiver.next else receiver.answer
        receiver.came.append((self.path, dict(self.headers), content))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(text)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):  # the other side has had enough
            self.wfile.write(text)

    def log_message(self, format, *args):
        return None


def certified(folder, name):
    """The TLS of a server of this name, and the file of its certificate, which nobody has signed but itself."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", key, "-out", certificate, "-days", "2", "-subj", f"/CN={name}"]
    subprocess.run([*command, "-addext", f"subjectAltName=DNS:{name}"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


class Receiver:
    """An HTTP server on a free port of this machine."""

    def __init__(self, context=None):
        """`context` for one that speaks TLS."""
        #: Path, headers and content of each request.
        self.came = []
        #: What is answered first, one by one, and then always: status, headers, content.
        self.next = deque()
        self.answer = (200, {}, b"ok")
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self._server.handle_error = lambda *_: None
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_failure):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Post:
    def __init__(self, office):
        self._office = office

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 no such box"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self._office.answers:
            return self._office.answers.popleft()
        self._office.came.append(envelope)
        return "250 taken"


class _Controller(Controller):
    def _trigger_server(self):
        # the library looks whether it answers, and does not know yet which free port it has got
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class PostOffice:
    """A mail server on a free port of this machine."""

    def __init__(self, **options):
        #: Envelopes.
        self.came = []
        #: What is answered to letters first, one by one, instead of taking them.
        self.answers = deque()
        self._controller = _Controller(_Post(self), hostname="127.0.0.1", port=0, **options)

    @property
    def port(self):
        return self._controller.port

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_failure):
        self._controller.stop()
