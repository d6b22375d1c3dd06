"""The pages of backfills over HTTP: the calendar first, then the parts, and what is done about them as one."""

import html
import re

import pytest
from polling import until
from reader import send, text
from served import service

#: The fields of a backfill of two days, of which one is complete.
DAYS = {"pipeline": "Daily", "parameter": "day", "range.start": "2013-01-02", "range.stop": "2013-01-03"}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with service(tmp_path_factory.mktemp("backfills") / "home") as served:
        served.gate.set()
        yield served


@pytest.fixture
def http(running):
    return running.app.test_client()


def looked_at(http, **fields):
    """The page, as soon as the calendar is there."""
    address = send(http, "/backfills/look", **fields).headers["Location"]
    page = until(lambda: (found := http.get(address)) and "Being asked" not in found.text and found, "a calendar")
    assert page.status_code == 200
    return page


def begun(http, **fields):
    """The id of a backfill that is made by the form."""
    made = send(http, "/backfills/new", **fields)
    assert made.status_code == 303, text(made)
    return made.headers["Location"].partition("?")[0].rpartition("/")[2]


def test_the_calendar_is_asked_while_one_looks_on_and_the_backfill_starts_from_it(running, http):
    # When the calendar is asked for
    shown = looked_at(http, **DAYS)
    # Then it is a picture, with what would be started
    assert "Calendar of 2013" in text(shown)
    assert 'aria-label="January: 1 of 2 complete"' in shown.text
    assert "1 complete 1 missing Start backfill of 1" in text(shown)
    assert 'name="range.start" value="2013-01-02"' in shown.text
    # And when it is started
    made = send(http, "/backfills/new", **DAYS)
    page = text(http.get(made.headers["Location"]))
    assert "It has begun." in page
    assert "2 values of day, the oldest first, 1 at a time." in page
    assert "its own 1 all 2 complete before 1 waiting 1" in page
    assert "2013-01-03 Pending" in page
    listed = text(http.get("/backfills"))
    assert re.search("Running Daily 2 values of day 1 of 2", listed)
    # and what was asked for is kept as files
    backfill_id = made.headers["Location"].partition("?")[0].rpartition("/")[2]
    parts = http.get(f"/backfills/{backfill_id}?as=json").json["items"]
    assert [(part["value"], part["state"]) for part in parts] == [("2013-01-02", "complete"), ("2013-01-03", "waiting")]
    assert http.get("/backfills?as=csv").text.startswith("id,pipeline,parameter,state,")


def test_where_all_are_complete_there_is_nothing_to_start(http):
    shown = looked_at(http, **{**DAYS, "range.stop": "2013-01-02"})
    assert "All are complete" in text(shown)
    assert "Start backfill of" not in text(shown)


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"range.start": "soon"}, "range-start", "expected"),
        ({"range.start": "2013-01-04"}, "range-stop", "is before the start"),
        ({"range.start": ""}, "range-start", "Say which values"),
        ({"range.last": "many"}, "range-last", "valid integer"),
        ({"parallel": "0"}, "parallel", "greater than or equal to 1"),
        ({"pools": "lake"}, "pools", "there is no pool 'lake'"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(http, fields, field, said):
    wanted = {**DAYS, **fields}
    if fields == {"range.start": ""}:
        wanted.pop("range.stop")
    refused = send(http, "/backfills/new", **wanted)
    told = re.findall(rf'id="f-{field}-error">.*?</svg>(.*?)</p>', refused.text)
    assert (refused.status_code, len(told)) == (422, 1), text(refused)
    assert said in html.unescape(told[0])


def test_what_is_wrong_with_a_calendar_is_told_beside_its_field_as_well(http):
    shown = looked_at(http, **{**DAYS, "range.start": "2013-01-04"})
    assert 'id="f-range-stop-error"' in shown.text


def test_one_is_paused_given_more_room_cancelled_and_retried_and_each_is_on_record(http):
    # Given
    backfill_id = begun(http, pipeline="Hello", parameter="who", values="ada\nbob\n<b>eve</b>", order="newest")
    path = f"/backfills/{backfill_id}"
    # When it is paused, and has more room
    send(http, f"{path}/change", paused="yes")
    told = send(http, f"{path}/change", parallel="3")
    shown = text(http.get(told.headers["Location"]))
    assert "Paused" in shown
    assert "the newest first, 3 at a time." in shown
    assert "parallel 1 → 3" in shown
    # and what is no number is told
    refused = send(http, f"{path}/change", parallel="many")
    assert (refused.status_code, "valid integer" in text(refused)) == (422, True)
    # And when it is cancelled
    send(http, f"{path}/cancel")
    page = http.get(path)
    assert "Cancelled" in text(page)
    assert "cancelled 2" in text(page)
    assert "<b>eve" not in page.text
    assert send(http, f"{path}/change", paused="no").status_code == 409
    # And when it is retried
    again = send(http, f"{path}/retry")
    assert "What failed, was skipped or cancelled waits again" in text(http.get(again.headers["Location"]))
    assert [part["state"] for part in http.get(f"/api/v1/backfills/{backfill_id}/parts").json["items"]] == [
        "complete",
        "waiting",
        "waiting",
    ]
    # and its table shows those of a state
    assert "None is failed." in text(http.get(f"{path}?state=failed"))


def test_a_cancelled_one_stays_so_and_one_that_is_finished_cannot_be_cancelled(http):
    backfill_id = begun(http, pipeline="Hello", parameter="who", values="ada")
    refused = send(http, f"/backfills/{backfill_id}/cancel")
    assert (refused.status_code, "finished" in text(refused)) == (409, True)


def test_a_pipeline_without_parameters_is_one_run_and_a_list_without_any_says_what_to_do(http, served):
    assert "it is one run: launch it" in text(http.get("/backfills/new?pipeline=Fails"))
    assert "No backfill yet." in text(served.app.test_client().get("/backfills"))
    assert http.get("/backfills/none").status_code == 404
