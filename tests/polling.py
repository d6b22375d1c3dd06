"""The one way in which tests wait for what tells nobody that it happened."""

import time

#: Seconds between two looks: the least, the most, and the share of the time that has passed already. The longer
#: something takes, the less often it is looked at: a look is a request or a walk through /proc, and costs others time.
SHORTEST_S, LONGEST_S, SHARE = 0.005, 0.3, 0.1


def until(condition, what, seconds=30.0):
    """The first true value that `condition` gives; fails, naming `what`, when it has given none for `seconds`."""
    began = time.monotonic()
    while not (found := condition()):
        passed = time.monotonic() - began
        assert passed < seconds, f"not within {seconds:g} seconds: {what}"
        time.sleep(min(max(passed * SHARE, SHORTEST_S), LONGEST_S))
    return found
