"""Lists of runs."""

from __future__ import annotations

import pytest

from trigger_service.domain.errors import InvalidCursor
from trigger_service.domain.queries import RunFilter
from trigger_service.domain.run import RunError, Trigger
from trigger_service.store import listing


def ids(database, cursor=None, limit=50, **wanted):
    with database.read() as connection:
        return [run.id for run in listing.page(connection, RunFilter(**wanted), cursor, limit).runs]


@pytest.mark.parametrize("wanted", [{}, {"states": ("failed", "queued", "failed")}, {"labels": {"n": "1"}}])
def test_pages_give_every_run_once_newest_first_while_new_ones_arrive(database, stored, wanted):
    # Given runs, some of them of the same moment
    states = ("queued", "failed")
    before = [
        stored(created_at=float(number // 3), state=states[number % 2], labels={"n": "1"}).id for number in range(10)
    ]
    seen, cursor = [], None
    while True:
        with database.read() as connection:
            page = listing.page(connection, RunFilter(**wanted), cursor, 3)
        seen += [run.id for run in page.runs]
        cursor = page.next_cursor
        if cursor is None:
            break
        stored(created_at=100.0, labels={"n": "1"})
    # Then each is given once, in order
    assert seen == sorted(before, key=lambda run_id: (before.index(run_id) // 3, run_id), reverse=True)


def test_runs_that_are_named_are_given_beside_those_of_the_states(database, stored):
    failed, named, _ = (
        stored(state=state, created_at=float(at)) for at, state in enumerate(("failed", "running", "running"))
    )
    assert ids(database, states=("failed",), ids=(named.id,)) == [named.id, failed.id]
    assert ids(database, states=("failed",), ids=(failed.id,)) == [failed.id]
    assert ids(database, ids=(named.id,), pipeline="Other") == ids(database, ids=()) == []
    with database.read() as connection:
        assert listing.count(connection, RunFilter(states=("failed",), ids=(failed.id, named.id))) == 2


def test_a_page_that_is_just_full_has_no_next(database, stored):
    stored()
    with database.read() as connection:
        assert listing.page(connection, RunFilter(), None, 1).next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "W10=", "bnVsbA==", "é", "WzEsIFtdXQ==x", "eyJhIjogMX0="])
def test_a_cursor_that_nobody_gave_out_is_refused(database, cursor):
    with pytest.raises(InvalidCursor):
        ids(database, cursor)


def test_every_filter_finds_its_runs_and_no_others(database, stored):
    stored()
    run = stored(
        state="failed",
        pipeline="Flights",
        trigger=Trigger("cli"),
        labels={"team": "a", 'od"d': "x"},
        texts={"month": "2013-01", "it's": "50%", 'say "so"': 'so "quoted" Ä\\'},
        reason="No space left on device",
        created_at=1000.0,
    )
    stored(created_at=2000.0, texts={"month": "2013-02"}, labels={"team": "b"})
    for wanted in (
        {"states": ("failed", "cancelled")},
        {"pipeline": "Flights"},
        {"trigger": "cli"},
        {"labels": {"team": "a"}},
        {"labels": {'od"d': "x", "team": "a"}},
        {"parameters": {"month": "2013-01"}},
        {"parameters": {"it's": "50%"}},
        {"text": "no SPACE"},
        {"text": "2013-01"},
        {"text": "FLIGHT"},
        {"text": "50%"},
        {"text": 'so "QUOTED" Ä'},
        {"parameters": {'say "so"': 'so "quoted" Ä\\'}},
        {"created_after": 1000.0, "created_before": 2000.0},
        {"states": ("failed",), "pipeline": "Flights", "labels": {"team": "a"}},
        {"states": ("failed", "queued"), "labels": {"team": "a"}, "text": "flight"},
    ):
        assert ids(database, **wanted) == [run.id], wanted
    for wanted in (
        {"labels": {"team": "c"}},
        {"parameters": {"month": "2013"}},
        {"labels": {"x": "team", "team": "a"}},
        {"text": "_______%"},
        {"text": "month"},
        {"pipeline": "flights"},
    ):
        assert ids(database, **wanted) == [], wanted
    assert len(ids(database, text="000000")) == 3


def test_a_text_is_found_in_labels_and_in_what_an_error_says_but_not_in_their_names(database, stored):
    failed = stored(state="failed", error=RunError("Oops", 'no "disk" left', "Work_1", "Traceback: line 3"))
    labelled = stored(labels={"team": "Größe"})
    assert ids(database, text='NO "DISK"') == [failed.id]
    assert ids(database, text="Größe") == [labelled.id]
    assert [ids(database, text=text) for text in ("message", "team", "line 3")] == [[], [], []]
    assert ids(database, by="test") == [labelled.id, failed.id]
    assert ids(database, by="ada") == []


@pytest.mark.parametrize("wanted", [{"text": "rare"}, {"text": "rare", "pipeline": "Work"}, {"trigger": "cli"}])
def test_a_filter_that_no_index_answers_is_held_against_so_many_runs_and_gone_on_from_there(database, stored, wanted):
    # Given one run among many that the filter finds, which is the oldest
    rare = stored(reason="rare", trigger=Trigger("cli"))
    for _ in range(9):
        stored()
    looked, found, cursor = [], [], None
    # When four are looked at a time
    while True:
        with database.read() as connection:
            page = listing.page(connection, RunFilter(**wanted), cursor, 5, reach=4)
        found += [run.id for run in page.runs]
        looked.append(page.looked_to)
        cursor = page.next_cursor
        if cursor is None:
            break
    # Then each page says how far that was, and the run is found in the end
    assert looked == [7.0, 3.0, None]
    assert found == [rare.id]


def test_what_an_index_answers_is_looked_for_among_all_runs(database, stored):
    old = stored(state="failed")
    for _ in range(5):
        stored()
    with database.read() as connection:
        page = listing.page(connection, RunFilter(states=("failed",)), None, 5, reach=2)
        assert ([run.id for run in page.runs], page.looked_to) == ([old.id], None)
        assert listing.count(connection, RunFilter(states=("failed", "queued"))) == 6
        assert listing.count(connection, RunFilter(states=("failed", "queued")), most=3) == 3
