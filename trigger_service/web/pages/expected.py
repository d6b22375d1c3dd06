"""When runs that wait for a slot can be expected to start. Pure."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence


def expected_starts(
    slots: int, ends: Iterable[float | None], queue: Sequence[float | None], now: float
) -> list[float | None]:
    """Of each run in the queue, in seconds since the epoch; None where nothing that is known leads there.

    `ends` are those that the holders of the slots are expected to have, and `queue` how long each run takes; None
    where nobody knows. A holder that should have ended already is one of which nobody knows.
    """
    held = [end if end is not None and end > now else math.inf for end in ends]
    heapq.heapify(held)
    for _ in range(len(held) - slots):  # more hold one than there are, since the pool was made smaller
        heapq.heappop(held)
    starts: list[float | None] = []
    for took in queue:
        start = now if len(held) < slots else heapq.heappop(held)
        starts.append(None if math.isinf(start) else start)
        heapq.heappush(held, math.inf if took is None else start + took)
    return starts
