"""Tracebacks line by line: the user's last line is marked, libraries are pale."""

from trigger_service.web.pages.tracebacks import MOST, of_text

CHAINED = """Traceback (most recent call last):
  File "/home/ada/shop/orders.py", line 4, in <module>
    import helpers
  File "/home/ada/shop/helpers.py", line 9, in <module>
    read("x")
    ~~~~^^^^^
  File "/home/ada/.venv/lib/python3.11/site-packages/yaml/__init__.py", line 2, in read
    raise Wrong
yaml.Wrong: line one
line two
"""


def kinds(text):
    return [line.kind for line in of_text(text).lines]


def test_the_last_line_of_the_users_code_is_marked_and_what_it_called_is_pale():
    shown = of_text(CHAINED)
    assert (shown.file, shown.line) == ("/home/ada/shop/helpers.py", 9)
    assert [line.text.strip() for line in shown.lines if line.kind == "now"] == ['read("x")']
    assert kinds(CHAINED) == ["library", *["plain"] * 3, "now", "plain", "library", "library", "error", "error"]


def test_a_syntax_error_is_marked_where_it_stands():
    shown = of_text('  File "shop/a.py", line 3\n    def f(:\n          ^\nSyntaxError: invalid syntax\n')
    assert [line.kind for line in shown.lines] == ["plain", "now", "plain", "error"]
    assert (shown.file, shown.line) == ("shop/a.py", 3)


def test_what_is_no_traceback_is_shown_as_it_is_and_a_long_one_is_cut():
    assert kinds("nothing of the kind") == ["error"]
    assert of_text("").file == ""
    long = of_text("Traceback (most recent call last):\n" + '  File "a.py", line 1, in f\n    f()\n' * 900 + "E: x")
    assert len(long.lines) == MOST + 1
    assert long.lines[-1].text == "E: x"
