"""When runs that wait for a slot can be expected to start."""

import pytest

from trigger_service.web.pages.expected import expected_starts


@pytest.mark.parametrize(
    ("slots", "ends", "queue", "starts"),
    [
        (1, [110.0], [20.0, 5.0], [110.0, 130.0]),
        (2, [110.0, 150.0], [100.0, 1.0, 1.0], [110.0, 150.0, 151.0]),
        (2, [110.0], [5.0, 5.0], [100.0, 105.0]),
        (1, [None], [5.0], [None]),
        (2, [None, 110.0], [None, 5.0], [110.0, None]),
        (1, [90.0], [5.0], [None]),  # should have ended already
        (1, [110.0, 120.0], [5.0], [120.0]),  # two hold the one slot that is left
        (3, [], [], []),
    ],
)
def test_a_run_starts_when_the_first_that_is_known_to_end_gives_its_slot_back(slots, ends, queue, starts):
    assert expected_starts(slots, ends, queue, 100.0) == starts
