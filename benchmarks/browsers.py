"""Many browsers that have a page open, in a process of their own: `python -m benchmarks.browsers URL PAGE COUNT`.

Says `open` when all streams are; ends with its input, and says how many times they asked for parts of the page again.
"""

import contextlib
import http.client
import sys
import threading
from urllib.parse import urlsplit

PARTS = "rows side"


class Browser:
    """Hears of news, and asks for parts of its page again, as the scripts of the page do."""

    def __init__(self, url, page):
        self.asked = 0
        self._place, self._page = urlsplit(url).netloc, page
        self._line = http.client.HTTPConnection(self._place, timeout=60)
        self._line.request("GET", "/live?after=none")
        self._news = self._line.getresponse()
        if self._news.status != 200:
            raise RuntimeError(f"{self._news.status}: no stream for a browser")
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self):
        moment = b""
        with contextlib.suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            while line := self._news.readline():
                if line.startswith(b"id:"):
                    moment = line[3:].strip()
                elif line.startswith(b"data:"):
                    self._ask(moment.decode())

    def _ask(self, moment):
        connection = http.client.HTTPConnection(self._place, timeout=60)
        headers = {"X-Parts": PARTS, "X-Moment": moment, "Accept-Encoding": "gzip"}
        with contextlib.closing(connection):
            connection.request("GET", self._page, headers=headers)
            if connection.getresponse().read():
                self.asked += 1


def main(url, page, count):
    """Keep them open until the input ends."""
    opened = [Browser(url, page) for _ in range(int(count))]
    print("open", flush=True)
    sys.stdin.read()
    print(sum(each.asked for each in opened), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
