"""A way to a server that can be cut, and mended again."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit


class Relay:
    """Listens on `url`, and passes on what comes; used as a context manager."""

    def __init__(self, upstream):
        """`upstream` is the address of the server."""
        self._upstream = (urlsplit(upstream).hostname, urlsplit(upstream).port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sockets, self._lock, self._is_cut = set(), threading.Lock(), False
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(30)
        self._listener.close()
        for thread in self._threads[1:]:
            thread.join(30)
        for each in self._sockets:
            each.close()

    def cut(self):
        """Break what is open, and whatever is opened from now on."""
        with self._lock:
            self._is_cut = True
            for each in self._sockets:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def mend(self):
        """Pass on again what is opened from now on."""
        with self._lock:
            self._is_cut = False

    def _accept(self):
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _ = self._listener.accept()
                self._connect(client)

    def _connect(self, client):
        with self._lock:
            if self._is_cut:
                client.close()
                return
            server = socket.create_connection(self._upstream)
            self._sockets |= {client, server}
        for source, destination in ((client, server), (server, client)):
            self._threads.append(threading.Thread(target=self._pass_on, args=(source, destination)))
            self._threads[-1].start()

    def _pass_on(self, source, destination):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                destination.sendall(data)
        with contextlib.suppress(OSError):
            destination.shutdown(socket.SHUT_WR)
