"""What is told of the beginning of a target, by its name and its content."""

import base64
import io

import pyarrow
import pyarrow.parquet
import pytest

from trigger_service.runner.previewing import PICTURE, ROWS, TEXT, preview_of


class File:
    """A target that is opened."""

    def open(self, mode):
        raise AssertionError("opened another way")


def seen(name, content):
    return preview_of(name, File(), lambda: io.BytesIO(content))


def test_a_table_of_text_has_its_first_rows():
    told = seen("/out/a.csv", b'day,note\n2013-01-01,"a, b"\n2013-01-02,\n')
    assert told["columns"] == ["day", "note"]
    assert told["rows"] == [["2013-01-01", "a, b"], ["2013-01-02", ""]]
    assert not told["more"]
    assert seen("b.TSV", b"x\ty\n1\t2\n")["rows"] == [["1", "2"]]
    assert seen("empty.csv", b"")["columns"] == []


def test_of_a_long_table_no_torn_row_is_told():
    told = seen("a.csv", b"n,text\n" + b"1,0123456789\n" * (TEXT // 8))
    assert told["more"]
    assert len(told["rows"]) == ROWS
    assert set(map(tuple, told["rows"])) == {("1", "0123456789")}


def test_a_table_of_parquet_has_its_first_rows_and_tells_how_many_there_are():
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"n": range(120), "note": [None] * 120}), file)
    told = seen("s3://lake/a.parquet", file.getvalue())
    assert (told["columns"], told["rows"][1], len(told["rows"]), told["total"]) == (
        ["n", "note"],
        ["1", None],
        ROWS,
        120,
    )


def test_rows_of_a_target_that_is_no_file_are_a_table():
    class Rows:
        def read(self):
            return iter([{"n": 1}, {"n": None}])

    told = preview_of("sqlite:///x#facts", Rows(), lambda: None)
    assert (told["kind"], told["columns"], told["rows"]) == ("table", ["n"], [["1"], [None]])


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [("a.txt", b"text", "text"), ("a.html", b"<p>", "page"), ("a", b"\xff\x00\x80", "bytes"), ("a", b"", "text")],
)
def test_what_is_shown_depends_on_name_and_content(name, content, kind):
    assert seen(name, content)["kind"] == kind


def test_a_text_is_cut_between_two_characters():
    told = seen("a.txt", "ü".encode() * TEXT)
    assert told == {"kind": "text", "text": "ü" * (TEXT // 2), "more": True}
    assert seen("b.txt", b"x" + "ü".encode() * TEXT)["kind"] == "text"


def test_a_picture_is_told_whole_or_not_at_all():
    told = seen("a.PNG", b"\x89PNG")
    assert (told["media"], base64.b64decode(told["base64"])) == ("image/png", b"\x89PNG")
    assert seen("a.png", b"0" * (PICTURE + 1))["kind"] == "bytes"
