"""A verification as a stream: alive while it goes on, and ended by whatever becomes of it."""

import threading

import pytest

from trigger_service.domain.errors import PlanEnded
from trigger_service.web.verification_stream import events


@pytest.mark.parametrize(("error", "said"), [(PlanEnded(), b'"status":409'), (ValueError("a secret"), b'"status":500')])
def test_what_is_raised_is_told_as_a_problem_at_its_end(error, said):
    def make(_hear, _unwanted):
        raise error

    [last] = events(make, lambda: False, 30.0, "its-id")
    assert last.startswith(b"event: problem\n")
    assert said in last
    assert b'"request_id":"its-id"' in last
    assert b"secret" not in last


def test_it_is_alive_while_nothing_is_heard_and_ends_what_is_made_when_its_reader_leaves():
    left = threading.Event()

    def make(_hear, unwanted):
        while not unwanted():
            left.wait(0.01)
        left.set()
        return []

    told = events(make, lambda: False, 0.02, "its-id")
    assert next(told) == b": alive\n\n"
    told.close()
    assert left.is_set()
