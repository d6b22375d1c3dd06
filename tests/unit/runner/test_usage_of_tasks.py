"""What a task uses is measured from its begin to its end, one after another in the same process."""

import time

from trigger_service.runner.usage import Usage


def test_time_of_processors_counts_from_the_begin():
    usage = Usage()
    usage.began()
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    used = usage.ended()["cpu_s"]
    usage.began()
    assert used >= 0.04
    assert usage.ended()["cpu_s"] < used


def test_the_most_memory_is_that_of_this_execution_and_not_of_those_before():
    # Given an execution that took a lot, and gave it back
    usage, size = Usage(), 64 << 20
    usage.began()
    small = usage.ended()["peak_bytes"]
    usage.began()
    block = bytearray(size)
    block[::4096] = bytes(len(block[::4096]))
    del block
    large = usage.ended()["peak_bytes"]
    # When another one takes little
    usage.began()
    # Then
    assert large > small + size // 2
    assert usage.ended()["peak_bytes"] < large - size // 2
