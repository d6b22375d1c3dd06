"""The table of states."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from trigger_service.domain.run import FINAL, LIVE, TRANSITIONS, RunState, may_change

ALLOWED = {
    ("queued", "starting"),
    ("queued", "cancelled"),
    ("queued", "failed"),
    ("starting", "running"),
    ("starting", "queued"),
    ("starting", "failed"),
    ("starting", "cancelling"),
    ("running", "succeeded"),
    ("running", "failed"),
    ("running", "cancelling"),
    ("running", "queued"),
    ("cancelling", "cancelled"),
    ("cancelling", "succeeded"),
    ("cancelling", "failed"),
}
STATES = get_args(RunState)


@pytest.mark.parametrize(("before", "after"), sorted(product(STATES, STATES)))
def test_exactly_the_changes_of_the_design_are_allowed(before, after):
    assert may_change(before, after) == ((before, after) in ALLOWED)


def test_every_state_is_in_the_table_and_reachable():
    assert set(TRANSITIONS) == set(STATES)
    assert {after for _, after in ALLOWED} | {"queued"} == set(STATES)


def test_final_states_have_no_way_out_and_hold_no_slot():
    assert frozenset({"succeeded", "failed", "cancelled"}) == FINAL
    assert not FINAL & LIVE
    assert FINAL | LIVE | {"queued"} == set(STATES)
