"""A source of the pump gives whole lines, however much of them waits."""

import json

import pytest

from trigger_service.domain.logs import LINE_LIMIT
from trigger_service.runner.pump import CHUNK, Source
from trigger_service.runner.spool import Private, Spool


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path)


def source_with(folder, content):
    path = folder / "1-1.out"
    path.write_bytes(content)
    private = Private(folder)
    private.read()
    return Source(path, 0, private, "task", 1)


def texts(source, over):
    found = []
    while (records := source.read(over)) is not None:
        found += [json.loads(record)["text"] for record in records]
    return found


@pytest.mark.parametrize("over", [False, True])
def test_a_line_is_whole_also_where_the_rest_of_an_ended_attempt_is_read_in_pieces(tmp_path, over):
    lines = [f"line {n} " + 999 * "x" for n in range(3 * CHUNK // 1000)]

    source = source_with(tmp_path, "\n".join([*lines, "unended"]).encode())

    assert texts(source, over) == lines + ["unended"] * over


def test_nothing_is_shown_of_a_value_that_is_longer_than_a_record(tmp_path, spool):
    value = "".join(map(str, range(LINE_LIMIT // 5)))
    spool.publish({"key": [value]})

    source = source_with(tmp_path, f"{value}\na key: {value} and more\n".encode())

    assert texts(source, over=False) == ["***", "a key: ", "***", " and more"]


def test_of_raw_output_only_what_was_written_by_then_is_read_and_no_later_time_told(tmp_path):
    source = source_with(tmp_path, b"one\ntwo\nthree\n")

    first = [json.loads(record) for record in source.read(over=False, until=8, by=7.5)]

    assert [(each["text"], each["time"]) for each in first] == [("one", 7.5), ("two", 7.5)]
    assert source.read(over=False, until=8) is None
    assert source.read(over=False, until=10) is None
    assert texts(source, over=False) == ["three"]
