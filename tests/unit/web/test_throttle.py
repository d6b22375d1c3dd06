"""Counts of who asks how often: bounded in number."""

from trigger_service.domain.throttling import Rate
from trigger_service.web.throttle import Throttle

SELDOM = Rate(per_second=0.001, burst=3)


def test_each_key_has_a_bucket_of_its_own():
    throttle = Throttle(SELDOM)
    assert [throttle.take("a") for _ in range(3)] == [0, 0, 0]
    assert 900 < throttle.take("a") <= 1000
    assert 900 < throttle.wait_s("a") <= 1000
    assert throttle.wait_s("b") == throttle.take("b") == 0


def test_what_was_refused_is_not_counted():
    throttle = Throttle(SELDOM)
    waits = [throttle.take("a") for _ in range(100)]
    assert max(waits) <= 1000


def test_the_number_of_buckets_is_bounded_and_the_newest_stay():
    throttle = Throttle(SELDOM)
    for number in range(3 * Throttle.MOST):
        throttle.take(str(number))
    for _ in range(3):
        throttle.take("last")
    assert len(throttle._full_at) <= Throttle.MOST
    assert throttle.wait_s("last") > 0
