"""A verification as server-sent events: how far it is while it goes on, what was found, and problems, at its end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence

from trigger_service.domain.errors import TriggerError
from trigger_service.domain.verification import Verified
from trigger_service.service.verifications import Hear, Progress
from trigger_service.web.errors import problem_document
from trigger_service.web.refusals import refusal
from trigger_service.web.stream import END
from trigger_service.web.streaming import message
from trigger_service.web.verification_documents import progress_json, verification_json, verified_json

#: Makes a verification: tells what it hears to the first, and asks the second whether it is unwanted.
Make = Callable[[Hear, Callable[[], bool]], Sequence[Verified]]


def events(make: Make, unwanted: Callable[[], bool], heartbeat_s: float, request_id: str) -> Iterator[bytes]:
    """`progress` and `verified` as they come, then `end` with the whole, or `problem`.

    It is made in a thread of its own, which ends, with its child, soon after whoever reads this has left.
    """
    news: queue.SimpleQueue[Progress | Verified | bytes] = queue.SimpleQueue()
    left = threading.Event()

    def work() -> None:
        try:
            made = make(news.put, lambda: left.is_set() or unwanted())
            news.put(message(END, verification_json(made)))
        except TriggerError as error:
            news.put(message("problem", {**problem_document(error), "request_id": request_id}))
        except Exception as error:
            news.put(message("problem", refusal(error, request_id)))

    thread = threading.Thread(target=work, name="verification", daemon=True)
    thread.start()
    try:
        yield from _told(news, heartbeat_s)
    finally:
        left.set()
        thread.join()


def _told(news: queue.SimpleQueue[Progress | Verified | bytes], heartbeat_s: float) -> Iterator[bytes]:
    while True:
        try:
            each = news.get(timeout=heartbeat_s)
        except queue.Empty:
            yield b": alive\n\n"
            continue
        if isinstance(each, bytes):
            yield each
            return
        if isinstance(each, Progress):
            yield message("progress", progress_json(each))
        else:
            yield message("verified", verified_json(each))
