"""Lists as files, without a service."""

import csv
import io
import json

import pytest

from trigger_service.domain.errors import InvalidRequest
from trigger_service.web.pages.exports import as_file


def test_a_text_that_a_spreadsheet_would_run_is_a_text_and_numbers_stay_numbers():
    # Given
    rows = [("=HYPERLINK(1)", -1, None), ("+1", 0.5, {"a": 1}), ("@x", 1, 'a,"b"\n'), ("\tx", 1, "-")]
    # When
    answer = as_file("csv", "list", ("name", "n", "more"), rows)
    # Then
    read = list(csv.reader(io.StringIO(answer.get_data(as_text=True), newline="")))
    assert read[0] == ["name", "n", "more"]
    assert [row[0] for row in read[1:]] == ["'=HYPERLINK(1)", "'+1", "'@x", "'\tx"]
    assert read[1][1:] == ["-1", ""]
    assert [row[2] for row in read[2:]] == ['{"a": 1}', 'a,"b"\n', "'-"]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="list.csv"'


@pytest.mark.parametrize("count", [0, 1, 450])
def test_json_has_every_row_by_its_columns(count):
    answer = as_file("json", "list", ("n", "text"), ((n, f"<{n}>") for n in range(count)))
    assert json.loads(answer.get_data()) == {"items": [{"n": n, "text": f"<{n}>"} for n in range(count)]}


def test_a_file_of_another_kind_is_refused():
    with pytest.raises(InvalidRequest, match="csv or json"):
        as_file("xml", "list", (), [])


def test_what_fails_at_once_fails_before_anything_is_sent():
    def rows():
        raise InvalidRequest([])
        yield

    with pytest.raises(InvalidRequest):
        as_file("csv", "list", ("n",), rows())
