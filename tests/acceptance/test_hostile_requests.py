"""Thousands of requests as nobody should send them do no harm."""

import contextlib
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import hostile
import psutil
import pytest
from polling import until

#: The statuses that HTTP has for an encoding and for a version that a server does not speak.
NOT_SPOKEN = (501, 505)
#: Of this, more or less is sent by clients who then fall silent.
HALF = b"POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{"


@pytest.mark.timeout(180)
@pytest.mark.parametrize("count", [2000, pytest.param(10_000, marks=pytest.mark.long)])
def test_hostile_requests_are_refused_and_leave_nothing_behind(product, count):
    product.configure("requests_per_second = 0")  # or most would be refused for nothing but their number
    product.start()
    numbers = range(count)
    address = (urlsplit(product.url).hostname, urlsplit(product.url).port)
    host = urlsplit(product.url).netloc
    (worker,) = psutil.Process(product.pids()["service"]).children()
    product.reaches(product.trigger("Quick", "before"), "succeeded")
    descriptors = worker.num_fds()
    # Given some that never come to their end
    with contextlib.ExitStack() as open_connections, ThreadPoolExecutor(8) as pool:
        for sent in range(5, len(HALF), 4):
            connection = open_connections.enter_context(socket.create_connection(address, timeout=30))
            connection.sendall(HALF[:sent])
        # When
        statuses = list(pool.map(lambda number: hostile.answer(address, number, host), numbers))
    # Then none of them was too much, and the service goes on as before
    print(Counter(statuses))
    assert [
        n for n, status in zip(numbers, statuses, strict=True) if (status or 0) >= 500 and status not in NOT_SPOKEN
    ] == []
    assert worker.is_running()
    until(lambda: not half_closed(worker, address), "all connections are closed")
    assert worker.num_fds() < descriptors + 40  # those of the database, which has more readers by now
    product.reaches(product.trigger("Quick", "after"), "succeeded")


def half_closed(worker, address):
    """The connections whose other side has left, and which the service has not closed yet."""
    return [c for c in worker.net_connections("tcp") if c.status == "CLOSE_WAIT" and c.laddr == address]
