"""The service's own log: a JSON object a line, bounded."""

import json
import logging
import os

import pytest

from trigger_service.domain.tokens import new_token
from trigger_service.journaling import BoundedHandler, JsonFormatter, Lines


@pytest.fixture
def log(tmp_path):
    """Gives a logger that writes to `service.log`, and reads what it wrote."""
    made = logging.Logger("test")
    with (tmp_path / "service.log").open("a") as stream:
        made.addHandler(BoundedHandler(stream, limit=2000))
        yield made


def records(tmp_path):
    return [json.loads(line) for line in (tmp_path / "service.log").read_text().splitlines()]


def test_a_record_is_one_line_with_what_is_known_of_it(log, tmp_path):
    # When
    log.warning("launch %s:\nfailed", "é", extra={"action": "launch_failed", "run_id": "r1"})
    # Then
    (record,) = records(tmp_path)
    assert record.pop("time").endswith("Z")
    told = {"level": "WARNING", "logger": "test", "message": "launch é:\nfailed"}
    assert record == {**told, "action": "launch_failed", "run_id": "r1"}


def test_what_is_handed_over_beside_the_known_members_is_not_written(log, tmp_path):
    log.warning("hello", extra={"password": "secret", "action": "greeted"})
    assert "secret" not in (tmp_path / "service.log").read_text()


def test_an_error_has_its_traceback_in_the_same_line(log, tmp_path):
    # When
    try:
        raise ValueError("a\nb")
    except ValueError:
        log.exception("it failed")
    # Then
    (record,) = records(tmp_path)
    assert record["traceback"].startswith("Traceback")
    assert record["traceback"].endswith("ValueError: a\nb")


def test_the_file_is_put_aside_when_it_is_full_and_other_writers_go_on_with_it(log, tmp_path):
    # Given another process that has the file open
    other = os.open(tmp_path / "service.log", os.O_WRONLY | os.O_APPEND)
    # When more is written than there is room for
    for number in range(40):
        log.warning("line %d", number)
    os.write(other, b'{"message": "of another"}\n')
    os.close(other)
    # Then there are two files, and the newest lines stand in them
    sizes = [(tmp_path / name).stat().st_size for name in ("service.log", "service.log.1")]
    assert sizes[0] <= 2000 + 200
    assert 2000 < sizes[1] < 2400
    assert {file.name for file in tmp_path.iterdir()} == {"service.log", "service.log.1"}
    assert records(tmp_path)[-1]["message"] == "of another"
    assert records(tmp_path)[-2]["message"] == "line 39"


def test_what_is_printed_becomes_records(log, tmp_path):
    # When
    print("one\n\ntwo", file=Lines(log))
    # Then
    assert [(record["message"], record["action"]) for record in records(tmp_path)] == [
        ("one", "printed"),
        ("two", "printed"),
    ]


def test_no_token_is_written_wherever_it_stands():
    token = new_token(b"x" * 32)
    record = logging.LogRecord("trigger_service", logging.WARNING, "", 0, "GET /%s", (token,), None)
    record.path = f"/nothing/{token}"

    line = JsonFormatter().format(record)

    assert token not in line
    assert json.loads(line)["path"] == f"/nothing/{token[:5]}..."
