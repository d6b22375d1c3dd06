"""Lines are dropped unread only where an expression could not match them."""

import random

import pytest

from trigger_service.service.expressions import compiled
from trigger_service.service.literals import needed_text

PIECES = ["a", "b", "ab", "ks", "K", ".", "a*", "b+", "c?", "x{2}", "{", "}", "(ab)", "(?:a|b)", "[ab]", "[^]a]"]
PIECES += [r"\.", r"\d", r"\b", "|", "^", "$", "(a(b)c)?", "é", "(?i)", r"\\", "()", "*?", r"\n", "[a\\]b]*", "\\x41"]


@pytest.mark.parametrize(
    ("expression", "needed"),
    [
        ("rejected", "rejected"),
        ("took [0-9]+ ms in load", " ms in load"),
        ("database is (locked|busy)", "database is "),
        ("wait(ing|s)? forever", " forever"),
        (r"rows\*2 =", "rows*2 ="),
        ("locked|busy", ""),
        ("colou?r", "colo"),
        ("(?i)disk skipped", "ipped"),
        ("[[:alpha:]]+", ""),
        (r"\d+", ""),
    ],
)
def test_what_has_to_be_there_is_the_longest_plain_text(expression, needed):
    assert needed_text(expression) == needed


def test_no_line_that_matches_is_dropped():
    chance, matched = random.Random(7), 0
    for _ in range(1500):
        expression = "".join(chance.choices(PIECES, k=chance.randint(1, 6)))
        try:
            matches = compiled(expression)
        except ValueError:
            continue
        needed = needed_text(expression)
        for _ in range(20 if needed else 0):
            text = "".join(chance.choices("aabbbcK\u017f{}.é\\", k=chance.randint(2, 14)))
            if matches(text):
                matched += 1
                assert needed.lower() in text.lower(), (expression, text)
    assert matched > 50
