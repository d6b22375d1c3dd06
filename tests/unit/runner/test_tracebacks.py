"""What is told of errors in users' code, whatever their classes do."""

import os
import time

import luigi
import pytest

from trigger_service.runner.importing import broken
from trigger_service.runner.planning import fault_of
from trigger_service.runner.tracebacks import told, users_code, users_place

CODE = """
import luigi

class Speechless(Exception):
    def __str__(self):
        raise LookupError("no words")

def fail():
    raise Speechless

def pick():
    return luigi.IntParameter().parse("many")
"""


@pytest.fixture
def raised(tmp_path, monkeypatch):
    """What a function of the project has raised."""
    monkeypatch.chdir(tmp_path)
    code = {}
    exec(compile(CODE, str(tmp_path / "project.py"), "exec"), code)

    def call(name):
        with pytest.raises(Exception) as caught:
            code[name]()
        return caught.value.with_traceback(caught.value.__traceback__.tb_next)

    return call


def test_an_error_that_cannot_be_printed_is_told_by_its_class_wherever_it_is_told(raised):
    error = raised("fail")

    assert told(error) == "Speechless: its message cannot be read"
    assert broken("project", error).reason == "Speechless: its message cannot be read (project.py, line 9)"
    assert fault_of(error, None, "run").message == "its message cannot be read"


def test_an_error_without_a_message_is_told_by_its_class():
    assert told(ValueError()) == "ValueError"
    assert told(ValueError("x" * 600)) == "ValueError: " + "x" * 500


def test_the_place_of_an_error_is_where_the_project_called_what_raised(raised):
    error = raised("pick")

    assert luigi.__file__.rpartition("/")[0] in error.__traceback__.tb_next.tb_frame.f_code.co_filename
    assert users_place(error.__traceback__) == ("project.py", 12)
    assert users_place(None) == ("", 0)


@pytest.fixture
def project(tmp_path, raised):
    """The file of the project."""
    (tmp_path / "project.py").write_text(CODE + "\nlast = 1\n")
    return tmp_path / "project.py"


def test_the_lines_around_an_error_are_told_with_their_numbers_and_cut_where_they_are_long(raised, project):
    found = users_code(raised("pick").__traceback__, time.time() + 1)

    assert (found["file"], found["line"], found["function"], found["first"]) == (str(project), 12, "pick", 11)
    assert found["lines"] == ["def pick():", "    return luigi.IntParameter().parse(" + '"many")']
    project.write_text("\n" * 8 + "    fail()\n    # " + "x" * 300)
    assert [len(line) for line in users_code(raised("fail").__traceback__, time.time() + 1)["lines"]] == [
        0,
        0,
        0,
        10,
        200,
    ]


def test_of_a_file_that_was_changed_since_it_was_read_no_line_is_told(raised, project):
    os.utime(project, (2_000_000_000, 2_000_000_000))
    found = users_code(raised("fail").__traceback__, 1_900_000_000)
    assert (found["line"], found["lines"]) == (9, [])
    assert users_code(None, 0.0) is None
