"""Parts of pages that many browsers ask for at once are made once.

Whoever asks says the moment that their browser was told of; what was made at that moment or later answers them as well.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock

from flask import Blueprint, Response, g, request

from trigger_service.web.live import LiveStream
from trigger_service.web.pages.page import PARTS

#: What an open page sends with the parts that it asks for: the moment of the news.
MOMENT = "X-Moment"
#: Addresses whose parts are kept; and for how many seconds at most, since clocks go on without news.
KEPT, FRESH_S = 32, 3.0


@dataclass
class Made:
    """The parts of one address; its lock is held while they are made, so that others wait for them."""

    lock: Lock = field(default_factory=Lock)
    version: int = -1
    made_at: float = 0.0
    body: bytes = b""
    encoding: str = ""


class Memo:
    """The parts that were made last. Safe for any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: OrderedDict[Hashable, Made] = OrderedDict()

    def at(self, key: Hashable) -> Made:
        """The place of what is made for a key."""
        with self._lock:
            made = self._made.setdefault(key, Made())
            self._made.move_to_end(key)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
            return made


def install(pages: Blueprint, live: LiveStream) -> None:
    """Have the parts of `pages` answered from what was made already, where that is as new as is asked for."""
    memo = Memo()

    @pages.before_request
    def look() -> Response | None:
        told = live.version(request.headers.get(MOMENT, ""))
        if PARTS not in request.headers or told is None or request.method != "GET":
            return None
        key = (g.credential.id, request.full_path, request.headers[PARTS], bool(request.accept_encodings["gzip"]))
        made = memo.at(key)
        made.lock.acquire()
        if made.version < told or time.monotonic() - made.made_at > FRESH_S:
            g.being_made = made, live.version(g.moment)
            return None
        made.lock.release()
        answer = Response(made.body, mimetype="text/html")
        if made.encoding:
            answer.headers["Content-Encoding"] = made.encoding
        return answer

    @pages.after_request
    def keep(answer: Response) -> Response:
        if "being_made" in g and answer.status_code == 200:
            made, version = g.being_made
            made.version, made.made_at = version, time.monotonic()
            made.body, made.encoding = answer.get_data(), answer.headers.get("Content-Encoding", "")
        return answer

    @pages.teardown_request
    def release(_error: BaseException | None) -> None:
        if "being_made" in g:
            g.pop("being_made")[0].lock.release()
