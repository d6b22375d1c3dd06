"""The client's reading of server-sent events, and the command line's way with text."""

import click
import pytest

from trigger_service.cli.parameters import parse_labels, parse_parameters
from trigger_service.cli.text import cell, clean, log_lines
from trigger_service.client import StreamEvent, parse_events

STREAM = b'retry: 1000\n\nevent: state\nid: 7\ndata: {"a":1}\n\n: alive\n\nevent: end\ndata: {}\n\n'
EVENTS = [StreamEvent("state", "7", {"a": 1}), StreamEvent("end", None, {})]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_read_however_the_stream_is_cut(size):
    chunks = (STREAM[start : start + size] for start in range(0, len(STREAM), size))

    assert list(parse_events(chunks)) == EVENTS


def test_an_event_that_was_cut_off_is_no_event():
    assert list(parse_events(iter([STREAM[:-1]]))) == EVENTS[:1]


def test_a_parameter_is_text_unless_it_says_it_is_json():
    given = ["month=2013-01", "n:=3", "empty=", "equation=a=b", "list:=[1, 2]"]

    assert parse_parameters(given) == {"month": "2013-01", "n": 3, "empty": "", "equation": "a=b", "list": [1, 2]}


@pytest.mark.parametrize("given", ["month", "=1", ":=1", "n:={", ""])
def test_a_parameter_that_cannot_be_read_is_a_usage_error(given):
    with pytest.raises(click.BadParameter):
        parse_parameters([given])


def test_a_value_may_come_from_a_file_so_that_it_is_in_no_list_of_processes(tmp_path):
    (tmp_path / "password").write_text("two\nlines\n")

    assert parse_parameters([f"password@={tmp_path}/password", "n=1"]) == {"password": "two\nlines", "n": "1"}
    with pytest.raises(click.BadParameter, match=r"'password' cannot be read from .*/nowhere"):
        parse_parameters([f"password@={tmp_path}/nowhere"])


def test_all_parameters_that_cannot_be_read_are_told_at_once():
    with pytest.raises(click.BadParameter, match=r"not 'month'; the value of 'n' is not JSON: .*; 'a' is given twice"):
        parse_parameters(["month", "n:={", "a=1", "a=2"])


def test_a_parameter_given_twice_is_a_usage_error():
    with pytest.raises(click.BadParameter, match="twice"):
        parse_parameters(["a=1", "a:=2"])


def test_a_label_needs_a_name_and_a_value():
    assert parse_labels(["team=data"]) == {"team": "data"}
    with pytest.raises(click.BadParameter, match="'team'"):
        parse_labels(["team"])


def test_output_cannot_steer_the_terminal():
    assert clean("\x1b[31mred\x1b[0m \x1b]0;title\x07text\r\x00\x9b") == "red text\\x0d\\x00\\x9b"
    assert clean("\u202edesrever\ud800") == "\\u202edesrever\\ud800"


def test_a_cell_is_one_line_without_tabs():
    assert cell("a\tb\nc") == "a b\\x0ac"
    assert cell({"a": 1}) == '{"a": 1}'
    assert cell(None) == ""


def test_a_record_of_several_lines_becomes_lines_with_the_same_head():
    record = {"time": "t", "level": "ERROR", "stream": "s", "task": None, "text": "failed\n  at x"}

    assert log_lines(record, on_terminal=False) == "t\tERROR\ts\t-\tfailed\nt\tERROR\ts\t-\t  at x"
