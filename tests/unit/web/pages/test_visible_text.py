"""What nobody could see in a text is shown."""

import pytest

from trigger_service.web.pages.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\tüöß 中文 👩‍🔬\nnext", "plain\tüöß 中文 👩‍🔬\nnext"),
        ("\x00\x1b[31m\r\x7f", "⟨NUL⟩⟨ESC⟩[31m⟨CR⟩⟨DEL⟩"),
        ("\x85\u2028", "⟨U+0085⟩⟨U+2028⟩"),
        ("a\u202eb\u2066c\u200f\ufeff\u200b", "a⟨U+202E⟩b⟨U+2066⟩c⟨U+200F⟩⟨U+FEFF⟩⟨U+200B⟩"),
        ("\ud83d \U000e0041", "⟨U+D83D⟩ ⟨U+E0041⟩"),
    ],
)
def test_controls_and_marks_of_direction_are_written_out_and_everything_else_stays(text, shown):
    assert visible(text) == shown
    # and a page can be sent with it
    assert visible(text).encode()
