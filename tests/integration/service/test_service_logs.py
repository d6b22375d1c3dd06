"""Lines of output, and who waits for them."""

from __future__ import annotations

import threading
import time

import pytest
from polling import until

from trigger_service.domain import logs
from trigger_service.domain.errors import InvalidCursor
from trigger_service.domain.logs import LogLine
from trigger_service.domain.queries import LogFilter
from trigger_service.domain.spec import attempt_folder


@pytest.fixture
def gate():
    opened = threading.Event()
    yield opened
    opened.set()


def texts(page):
    return [line.text for line in page.lines]


def test_every_filter_lets_its_lines_pass(house):
    def script(child):
        child.task("Work_1")
        child.task("Work_Extra_2", family="Work_Extra")
        child.log("plain", "Work_1")
        child.log("careful", "Work_1", level="WARNING", stream="stderr")
        child.log("broken ÄÖ", "Work_Extra_2", level="ERROR", stream="my.logger")
        child.log('a "quoted" line', None, level="DEBUG", stream="luigi")

    service = house(script)
    run = service.submit()
    service.until(run, "succeeded")
    for wanted, expected in (
        ({}, ["plain", "careful", "broken ÄÖ", 'a "quoted" line']),
        ({"level": "WARNING"}, ["careful", "broken ÄÖ"]),
        ({"task": "Work_1"}, ["plain", "careful"]),
        ({"task": "Work"}, ["plain", "careful"]),
        ({"task": "Work_Extra"}, ["broken ÄÖ"]),
        ({"stream": "stderr"}, ["careful"]),
        ({"text": "CARE"}, ["careful"]),
        ({"text": "äö"}, ["broken ÄÖ"]),
        ({"text": '"quoted"'}, ['a "quoted" line']),
        ({"text": "text"}, []),
        ({"text": "plain", "level": "ERROR"}, []),
    ):
        assert texts(service.insights.log(run.id, LogFilter(**wanted))) == expected, wanted


def test_a_cursor_goes_on_where_it_was_while_lines_are_added(house, gate):
    def script(child):
        for number in range(5):
            child.log(str(number))
        child.wait(gate)
        child.log("last")

    service = house(script)
    run = service.submit()
    service.until(run, "running")
    first = until(lambda: (page := service.insights.log(run.id, LogFilter(), None, 3)).lines and page, "lines")
    rest = until(
        lambda: len((page := service.insights.log(run.id, LogFilter(), first.next_cursor)).lines) == 2 and page, "rest"
    )
    assert texts(first) + texts(rest) == ["0", "1", "2", "3", "4"]
    nothing = service.insights.log(run.id, LogFilter(), rest.next_cursor)
    assert (nothing.lines, nothing.next_cursor, nothing.complete) == ((), rest.next_cursor, False)
    gate.set()
    service.until(run, "succeeded")
    last = service.insights.log(run.id, LogFilter(), rest.next_cursor)
    assert texts(last) == ["last"]
    until(lambda: service.insights.log(run.id, LogFilter(), last.next_cursor).complete, "the log is complete")


def test_a_line_that_is_being_written_is_not_shown_yet(house, tmp_path, gate):
    service = house(lambda child: child.wait(gate) and None)
    run = service.submit()
    service.until(run, "running")
    record = logs.encode(LogLine(1.0, "INFO", "stdout", None, 1, "whole"))
    file = attempt_folder(tmp_path, run.id, 1).log_file
    file.write_bytes(record + record[:20])
    page = service.insights.log(run.id, LogFilter())
    assert texts(page) == ["whole"]
    file.write_bytes(record + record)
    assert texts(service.insights.log(run.id, LogFilter(), page.next_cursor)) == ["whole"]


def test_the_log_of_a_run_that_never_ran_is_complete_and_empty(house, gate):
    service = house(lambda child: child.wait(gate) and None)
    service.dispatcher.stop()
    run = service.submit()
    assert not service.insights.log(run.id, LogFilter()).complete
    service.triggers.cancel(run.id, "x")
    page = service.insights.log(run.id, LogFilter())
    assert (page.lines, page.complete) == ((), True)
    service.dispatcher.stop = lambda: None


@pytest.mark.parametrize("cursor", ["", "x", "1:-1", "1:2:3", "../x:1", "1:9999999999999999999999"])
def test_a_cursor_that_nobody_gave_out_is_refused(house, cursor):
    service = house()
    run = service.submit()
    with pytest.raises(InvalidCursor):
        service.insights.log(run.id, LogFilter(), cursor)


def test_100000_lines_are_filtered_in_half_a_second(house, tmp_path):
    # Given a long log, and one line in it
    service = house()
    run = service.submit()
    service.until(run, "succeeded")
    file = attempt_folder(tmp_path, run.id, 1).log_file
    lines = [LogLine(1.0, "INFO", "stdout", "Work_1", 7, f"line {number} of many") for number in range(100_000)]
    lines[70_000] = LogLine(1.0, "ERROR", "stderr", "Work_2", 7, "the one line")
    file.write_bytes(b"".join(map(logs.encode, lines)))
    for wanted in (LogFilter(text="one line"), LogFilter(level="ERROR"), LogFilter(task="Work_2")):
        started = time.process_time()
        page = service.insights.log(run.id, wanted)
        assert time.process_time() - started < 0.6
        assert texts(page) == ["the one line"]


def test_who_waits_for_a_run_hears_of_its_news_and_of_no_other(house, gate):
    service = house(lambda child: child.wait(gate) and None)
    run = service.submit()
    service.until(run, "running")
    version = until(lambda: quiet(service, run), "silence")
    # When another run has news, this one's version does not change
    other = service.submit()
    service.until(other, "running")
    assert service.broadcast.wait(run.id, version, 0.01) == version
    # and when it has news itself, it does
    everything = service.broadcast.version()
    gate.set()
    assert service.broadcast.wait(run.id, version, 10) > version
    assert service.broadcast.wait(None, everything, 10) > everything


def quiet(service, run):
    """The run's version, once there has been no news for a moment."""
    version = service.broadcast.version(run.id)
    return version if service.broadcast.wait(run.id, version, 0.2) == version else None


def test_lines_and_events_whose_ring_was_lost_are_still_heard_of(house, gate):
    # Given a child whose rings are all lost
    service = house()

    def script(child):
        child.wait(gate)
        child.log("silent")
        child.wait(threading.Event())

    service.launcher = type(service.launcher)(script)
    service.stop()
    service.start()
    run = service.submit()
    service.until(run, "running")
    version = until(lambda: quiet(service, run), "silence")
    # When it prints a line
    gate.set()
    # Then who waits hears of it all the same
    assert service.broadcast.wait(run.id, version, 10) > version
    assert texts(service.insights.log(run.id, LogFilter())) == ["silent"]
    service.triggers.cancel(run.id, "test")
    service.until(run, "cancelled")
