"""Colours of a terminal become classes, hits are marked, and nothing else of a text is lost."""

import random

import pytest

from trigger_service.web.pages.ansi import Piece, pieces
from trigger_service.web.pages.visible import visible

ESC = "\x1b["
BOTH = Piece("both", "ansi-bold ansi-green")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", [Piece("plain")]),
        (f"{ESC}31mred{ESC}0m not", [Piece("red", "ansi-red"), Piece(" not")]),
        (f"{ESC}1;32mboth{ESC}22mgreen{ESC}mnone", [BOTH, Piece("green", "ansi-green"), Piece("none")]),
        (f"{ESC}38;5;196m256{ESC}38;2;20;40;220mtrue", [Piece("256", "ansi-red"), Piece("true", "ansi-blue")]),
        (f"{ESC}97;41mwhite on red{ESC}49m", [Piece("white on red", "ansi-on-red")]),
        (f"{ESC}3;4;7mx{ESC}23;24;27my", [Piece("x", "ansi-italic ansi-underline ansi-reverse"), Piece("y")]),
        (f"{ESC}2Jcleared{ESC}K", [Piece("⟨ESC⟩[2Jcleared⟨ESC⟩[K")]),
        (f"{ESC}38;5m{ESC}38m{ESC}999mx", [Piece("x")]),
    ],
)  # fmt: skip
def test_what_colours_a_terminal_has_a_class_and_what_moves_its_cursor_is_shown(text, shown):
    assert list(pieces(text)) == shown


def test_a_hit_may_reach_over_colours():
    text = f"so {ESC}31mred{ESC}0m it is"
    start = text.index("so")
    assert list(pieces(text, [(start, text.index(" it"))])) == [
        Piece("so ", "", True),
        Piece("red", "ansi-red", True),
        Piece(" it is"),
    ]


def test_hits_cut_a_text_and_leave_it_whole():
    chance = random.Random(3)
    for _ in range(300):
        text = "".join(chance.choices(["a", "b", "\u202e", f"{ESC}31m", f"{ESC}0m", "\x00"], k=20))
        ends = sorted(chance.sample(range(len(text) + 1), k=min(4, len(text))))
        shown = list(pieces(text, list(zip(ends[::2], ends[1::2], strict=False))))
        bare = text.replace(f"{ESC}31m", "").replace(f"{ESC}0m", "")
        assert "".join(piece.text for piece in shown) == visible(bare)


def test_very_many_colours_end_and_the_rest_is_plain():
    shown = list(pieces(f"{ESC}31ma{ESC}0mb" * 5000))
    assert len(shown) < 4100
    assert shown[-1].text.endswith("⟨ESC⟩[0mb")
