"""Lines with hits, as lists of hits show them."""

from trigger_service.domain.logs import LogLine
from trigger_service.service.logview import Row
from trigger_service.web.pages.logline import excerpt, finder

TRACEBACK = "\n".join(["task failed", "Traceback:", *(f"  frame {n}" for n in range(9)), "KeyError: no column"])


def told(text, hit):
    line = excerpt(Row(1, 1, LogLine(0.0, "ERROR", "stdout", None, 1, text)), {}, finder(hit, is_expression=False))
    return "".join(piece.text for piece in line.pieces), line.folded


def test_of_a_traceback_with_a_hit_its_head_the_hit_and_its_error_are_shown():
    text, folded = told(TRACEBACK, "frame 4")
    assert text == "task failed\n… 5 more lines\n  frame 4\n… 4 more lines\nKeyError: no column"
    assert folded == len(TRACEBACK) - len(text)


def test_of_a_traceback_without_hits_its_head_and_its_error_are_shown():
    assert told(TRACEBACK, "")[0] == "task failed\n… 10 more lines\nKeyError: no column"


def test_a_few_lines_are_shown_whole():
    assert told("one\ntwo\nthree\nfour", "two") == ("one\ntwo\nthree\nfour", 0)
