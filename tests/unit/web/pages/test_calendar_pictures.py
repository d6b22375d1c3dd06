"""Values of the calendar as squares."""

import pytest

from trigger_service.web.pages import calendar_picture
from trigger_service.web.pages.calendar_picture import HEAD, STEP, Item, legend


def items(*values, state="missing"):
    return [Item(value, state) for value in values]


def picture(shown, wanted=""):
    return calendar_picture.picture([each.value for each in shown], shown.__getitem__, wanted)


def places(found):
    return {(square.item.value, square.x // STEP, square.y // STEP) for each in found.blocks for square in each.squares}


def test_days_stand_in_weeks_that_begin_on_monday_a_month_in_each_block():
    # the first of January 2013 was a Tuesday
    found = picture(items("2013-01-01", "2013-01-07", "2013-02-03"))
    assert [block.title for block in found.blocks] == ["January", "February"]
    assert places(found) == {("2013-01-01", 1, 0), ("2013-01-07", 0, 1), ("2013-02-03", 6, 0)}


def test_a_year_of_days_is_shown_at_a_time_the_last_unless_another_is_wanted():
    days = items("2012-12-31", "2013-01-01")
    assert (picture(days).parts, picture(days).shown) == (["2012", "2013"], "2013")
    assert places(picture(days, "2012")) == {("2012-12-31", 0, 5)}
    assert picture(days, "1999").shown == "2013"


@pytest.mark.parametrize(
    ("values", "heads", "columns"),
    [
        (["2012-12", "2013-02"], ["2012", "2013"], [11, 1]),
        (["2013-W01", "2013-W52"], ["2013"], [0, 51]),
        (["2013-01-02T23", "2013-01-03T00"], ["02", "03"], [23, 0]),
    ],
)
def test_months_weeks_and_hours_are_lines_with_names(values, heads, columns):
    (block,) = picture(items(*values)).blocks
    assert list(block.heads.values()) == heads
    assert [(square.x - HEAD) // STEP for square in block.squares] == columns


@pytest.mark.parametrize("values", [["ada"], ["2013-01-01", "2013-01"], ["2013-02-30"], ["2013-13"], [5], []])
def test_other_values_make_no_picture(values):
    assert picture(items(*values)) is None


def test_a_square_says_what_it_is_and_why_and_a_block_how_much_of_it_is_complete():
    found = picture([Item("2013-01-01", "complete"), Item("2013-01-02", "failed", "disk full", "/runs/1")])
    assert found.blocks[0].words == "January: 1 of 2 complete"
    assert found.blocks[0].squares[1].title == "2013-01-02: failed, disk full"
    assert [(state, number) for _, state, number in legend({"complete": 1, "waiting": 0, "failed": 1})] == [
        ("complete", 1),
        ("failed", 1),
    ]
