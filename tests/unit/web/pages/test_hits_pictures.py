"""Hits in logs over time."""

from trigger_service.web.pages.hits_picture import COLUMNS, HEIGHT, HIGHEST, hits_picture

NOW = 1_700_000_000.0


def test_each_hit_stands_in_the_part_of_the_time_in_which_it_was_printed_by_its_level():
    hits = [(NOW - 3600, "INFO"), (NOW - 10, "ERROR"), (NOW, "CRITICAL"), (NOW - 5, "WARNING")]
    first, last = hits_picture(hits, NOW - 3600, NOW).columns
    assert (first.x, round(last.x + 100 / COLUMNS)) == (0, 100)
    assert [layer.state for layer in first.layers] == ["pending"]
    assert [(layer.state, layer.height) for layer in last.layers] == [("failed", 33.3), ("warning", 16.7)]
    assert round(sum(layer.height for layer in last.layers)) == HIGHEST
    assert last.layers[0].y + last.layers[0].height == HEIGHT - 1
    assert last.title == "22:11:40 UTC to 22:13:20 UTC: 2 errors, 1 warning"


def test_the_time_is_what_was_looked_at_widened_to_hits_that_were_printed_before_or_after():
    picture = hits_picture([(NOW - 7200, "INFO"), (NOW + 60, "INFO")], NOW - 3600, NOW)
    assert (picture.since, picture.until) == (NOW - 7200, NOW + 60)
    assert picture.words == "2 hits from 20:13:20 UTC to 22:14:20 UTC, the most at 20:13:20 UTC"


def test_hits_of_one_moment_have_a_picture():
    (column,) = hits_picture([(NOW, "DEBUG")] * 3, NOW, NOW).columns
    assert column.title.endswith(": 3 others")
