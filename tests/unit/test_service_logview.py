"""Lines of a log by their numbers: the same whether the file is read in one piece, in stretches, or as it grows."""

import random

import pytest

from trigger_service.domain.logs import LogLine, encode
from trigger_service.domain.queries import LogFilter
from trigger_service.service import logindex, logreader
from trigger_service.service.logindex import LineIndex, LineIndexes, Mark
from trigger_service.service.logview import LogView


@pytest.fixture
def short_strides(monkeypatch):
    """Marks every few lines."""
    monkeypatch.setattr(logindex, "STRIDE", 700)
    monkeypatch.setattr(logreader, "PIECE", 900)


def line(number, chance):
    level = chance.choices(["DEBUG", "INFO", "WARNING", "ERROR"], [50, 30, 5, 1])[0]
    text = f'{number} {"needle" if chance.random() < 0.05 else "hay"} "level":"ERROR" ' + "x" * chance.randint(0, 60)
    return LogLine(float(number), level, chance.choice(["stdout", "my.logger"]), chance.choice([None, "T_1"]), 1, text)


@pytest.fixture
def log(tmp_path, short_strides):
    """The lines of three attempts, the second without any, and the view of them; one record is torn."""
    chance, lines, files = random.Random(5), [], []
    for attempt, count in enumerate((400, 0, 300)):
        own = [line(len(lines) + number, chance) for number in range(count)]
        path = tmp_path / f"{attempt}.jsonl"
        path.write_bytes(b"".join(encode(each) for each in own) + (b'{"torn' if count else b""))
        lines += own
        files.append((path, LineIndexes().marks(path)))
    return lines, LogView(files)


FILTERS = [
    LogFilter(),
    LogFilter(level="WARNING"),
    LogFilter(text="NEEDLE"),
    LogFilter(regex="needle.*x$", level="INFO"),
]


@pytest.mark.parametrize("wanted", FILTERS, ids=["all", "level", "text", "expression"])
def test_windows_before_after_and_around_a_line_are_those_of_the_whole_log(log, wanted):
    # Given what passes, by going through all lines
    lines, view = log
    through = logreader.sieve(wanted, ())
    passing = [(number, each) for number, each in enumerate(lines, start=1) if through.accepts(each)]
    assert 5 < len(passing) <= view.total == 700
    for place in (0, 1, 2, 7, 399, 400, 401, 650, 699, 700, 701, 5000):
        # When a window at a place is asked for, Then it has the next that pass, and says what was looked at
        window = view.after(place, through, 9)
        assert [(row.number, row.line) for row in window.rows] == [one for one in passing if one[0] > place][:9]
        assert window.first == min(place, 700) + 1
        assert window.last == (window.rows[-1].number if len(window.rows) == 9 else 700)
        window = view.before(place, through, 9)
        assert [(row.number, row.line) for row in window.rows] == [one for one in passing if one[0] < place][-9:]
        around = [row.number for row in view.around(place, through, 9).rows]
        assert around == [number for number, _ in passing if around[0] <= number <= around[-1]]
        assert len(around) == 9 or around == [number for number, _ in passing]


def test_lines_are_of_their_attempt_and_levels_are_counted(log):
    lines, view = log
    everything = logreader.sieve(LogFilter(), ())
    assert [row.attempt for row in view.around(401, everything, 4).rows] == [1, 3, 3, 3]
    for level, levels in (("WARNING", ("WARNING", "ERROR")), ("ERROR", ("ERROR",))):
        assert view.at_least(level) == sum(each.level in levels for each in lines)
    errors = logreader.sieve(LogFilter(level="ERROR"), ())
    assert view.first(errors) == 1 + next(at for at, each in enumerate(lines) if each.level == "ERROR")


def test_a_search_whose_time_is_over_says_how_far_it_came(log):
    _, view = log
    window = view.after(0, logreader.sieve(LogFilter(text="nowhere"), ()), 9, until=0.0)
    assert window.rows == ()
    assert 0 < window.last < 400
    assert view.after(window.last, logreader.sieve(LogFilter(), ()), 1).rows[0].number == window.last + 1


def test_marks_of_a_file_that_grows_are_those_of_the_whole_file(tmp_path, short_strides):
    # Given an index that is asked after every few bytes
    path, chance = tmp_path / "log.jsonl", random.Random(8)
    records = b"".join(encode(line(number, chance)) for number in range(200)) + b'{"half'
    index, at = LineIndex(path), 0
    with path.open("wb", buffering=0) as file:
        while at < len(records):
            at += file.write(records[at : at + chance.randint(1, 400)])
            grown = index.marks()
            # Then its last mark is behind the last whole line
            end = records.rfind(b"\n", 0, at) + 1
            assert (grown[-1].offset, grown[-1].lines) == (end, records.count(b"\n", 0, end))
    assert grown[-1] == LineIndex(path).marks()[-1]
    assert 10 < len(grown) < 120


def test_a_file_that_is_not_there_has_no_lines(tmp_path):
    assert LineIndexes().marks(tmp_path / "none") == (Mark(),)
    view = LogView([(tmp_path / "none", (Mark(),))])
    assert (view.total, view.before(1, logreader.sieve(LogFilter(), ()), 5).rows) == (0, ())
