"""What is wrong with a cron expression is told with its field, its column, what was expected and a mend."""

from __future__ import annotations

from datetime import datetime

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import given
from hypothesis import strategies as st

from trigger_service.domain.cron import NAMED, faults, five_fields

ACCEPTED = (
    "* * * * *",
    "0 0 * * 7",
    "*/45 * * * *",
    "5/10 * * * *",
    "0,15,30-45/5 1-5,22 * jan-Mar,DEC Mon-fri",
    "0 0 L * *",
    "0 0 LW * *",
    "0 0 1,L 2 *",
    "0 0 * * 5L",
    "0 0 * * FRI#2,1#1",
    "  0\t0 1 1 *  ",
    "@Daily",
)

#: What fields are made of.
PIECES = ("*", "0", "1", "5", "07", "31", "99", "-", "/", ",", "L", "W", "#", "?", "mon", "FRI", "Feb")

#: An expression, where the fault is, and what is said of it.
REFUSED = (
    ("60 * * * *", "minute, column 1:", "'60' is none: expected 0-59"),
    ("0 24 * * *", "hour, column 3:", "expected 0-23"),
    ("0 0 0 * *", "day-of-month, column 5:", "expected 1-31"),
    ("0 0 1 13 *", "month, column 7:", "expected 1-12 or JAN-DEC"),
    ("0 0 * * 8", "day-of-week, column 9:", "expected 0-7 or SUN-SAT"),
    ("0 0 * * MON,TUE,WEN", "day-of-week, column 17:", "'WEN' is none"),
    ("0   0  1-x * *", "day-of-month, column 10:", "'x' is none"),
    ("1,,2 * * * *", "minute, column 3:", "a value is missing"),
    ("1, * * * *", "minute, column 3:", "delete the sign beside it"),
    ("5- * * * *", "minute, column 3:", "a value is missing"),
    ("*/0 * * * *", "minute, column 3:", "the step '0' is none: expected 1-60; write a number"),
    ("*/ * * * *", "minute, column 3:", "the step '' is none"),
    ("*/90 * * * *", "minute, column 3:", "use the kind interval"),
    ("0 22-6 * * *", "hour, column 3:", "write 22-23,0-6"),
    ("0 0 * * FRI-SUN", "day-of-week, column 9:", "write FRI-7"),
    ("0 0 5-5/10 * *", "day-of-month, column 8:", "write 5"),
    ("0 0 ? * MON", "day-of-month, column 5:", "write *"),
    ("H 3 * * *", "minute, column 1:", "jitter_s"),
    ("0 0 15W * *", "day-of-month, column 5:", "LW"),
    ("0 0 * * L", "day-of-week, column 9:", "5L"),
    ("0 0 * * MON#6", "day-of-week, column 9:", "from #1 to #5"),
    ("0 0 L-3 * *", "day-of-month, column 5:", "L and LW"),
    ("٣ * * * *", "minute, column 1:", "expected 0-59"),
    ("", "minute, column 1:", "the field is missing"),
    ("0 0 * *", "day-of-week, column 8:", "write * for every day-of-week"),
    ("0 0 0 * * *", "column 11:", "without seconds"),
    ("0 5 * * 1 root make backup", "column 11:", "without a command"),
    ("@reboot", "column 1:", "is updated"),
    (" @every 5m", "column 2:", "interval"),
    ("@fortnightly", "column 1:", "@weekly"),
    ("@daily 5", "column 8:", "nothing may follow"),
    ("0," * 600 + "0 * * * *", "column 1001:", "longer than 1000"),
)


@pytest.mark.parametrize("expression", [*ACCEPTED, *NAMED])
def test_what_cron_knows_is_accepted(expression):
    assert list(faults(expression)) == []


@pytest.mark.parametrize(("expression", "place", "told"), REFUSED, ids=[refused[0][:30] for refused in REFUSED])
def test_a_fault_is_told_with_its_place_and_a_mend(expression, place, told):
    [fault] = faults(expression)
    assert fault.startswith(place)
    assert told in fault


def test_each_field_has_its_fault_told():
    assert [fault.split(":")[0] for fault in faults("99 0 32 * XYZ")] == [
        "minute, column 1",
        "day-of-month, column 6",
        "day-of-week, column 11",
    ]


@given(st.integers(0, 4), st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join))
def test_cronsim_reads_whatever_is_accepted(place, noise):
    fields = ["0", "0", "*", "*", "*"]
    fields[place] = noise
    expression = " ".join(fields)
    accepted = not any(faults(expression))
    try:
        CronSim(five_fields(expression), datetime(2000, 1, 1))
    except CronSimError:
        assert not accepted
    except AssertionError:  # what cronsim says of a step after #
        assert not accepted
