"""What a browser's stream is told of runs."""

from threading import Thread

from trigger_service.service.broadcast import Broadcast
from trigger_service.web.live import LiveStream
from trigger_service.web.slots import LongRequests
from trigger_service.web.streaming import Streams


def test_the_runs_with_news_since_a_version_are_named_once_newest_first():
    # Given news of three runs, of one twice
    broadcast = Broadcast()
    for run in "abac":
        broadcast.notify(run)
    # Then
    assert broadcast.since(0, 10) == (4, ("c", "a", "b"))
    assert broadcast.since(2, 10) == (4, ("c", "a"))
    assert broadcast.since(4, 10) == (4, ())
    # and of more than are wanted none is named
    assert broadcast.since(0, 2) == (4, None)


def _stream(broadcast):
    places = LongRequests(1, 1)
    live = LiveStream(broadcast, Streams(places, lambda _: True, heartbeat_s=0.01, grace_s=0.01))
    return live, places


def test_a_page_is_told_what_happened_since_its_moment_and_after_a_restart_that_anything_may_have():
    # Given a page, and news after it was made
    broadcast = Broadcast()
    live, _ = _stream(broadcast)
    moment = live.moment()
    broadcast.notify("a")
    # When it opens the stream
    told = live._messages(moment)
    # Then it hears of the run, with the moment that it knows then
    assert next(told).startswith(b"retry:")
    assert next(told) == f'event: changed\nid: {live.moment()}\ndata: {{"runs":["a"]}}\n\n'.encode()
    # And what is silent says that it is there
    assert next(told) == b": alive\n\n"
    # And a page of another service's days hears that anything may have changed
    for other in ("", "0000.7", f"{moment.split('.')[0]}.x", "\u00b2.\u00b2"):
        told = live._messages(other)
        next(told)
        assert b'{"runs":null}' in next(told)


def test_a_stream_ends_with_the_service():
    broadcast = Broadcast()
    live, places = _stream(broadcast)
    told = live._messages(live.moment())
    next(told)
    reader = Thread(target=lambda: list(told))
    reader.start()
    places.closing.set()
    reader.join(30)
    assert not reader.is_alive()
