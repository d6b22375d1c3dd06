"""Characters that nobody sees and that change what is seen, written so that they are seen. Pure."""

from __future__ import annotations

import re

#: Controls but tab and newline; marks of direction, of no width, of tags; half pairs, which no page can be sent with.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_CONTROLS = "NULSOHSTXETXEOTENQACKBELBS HT LF VT FF CR SO SI DLEDC1DC2DC3DC4NAKSYNETBCANEM SUBESCFS GS RS US "


def visible(text: str) -> str:
    """The text with the name or number of every such character: `⟨ESC⟩`, `⟨U+202E⟩`. It is not escaped yet."""
    return _UNSEEN.sub(lambda found: f"⟨{_name(ord(found[0]))}⟩", text)


def _name(code: int) -> str:
    if code < ord(" "):
        return _CONTROLS[3 * code : 3 * code + 3].strip()
    return "DEL" if code == ord("\x7f") else f"U+{code:04X}"
