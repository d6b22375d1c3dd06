"""Characters that nobody sees and that change what is seen, written so that they are seen. Pure."""

from __future__ import annotations

import re

#: Controls but tab and newline; marks of direction, of no width, of tags; half pairs, which no page can be sent with.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_PICTURES, _DELETE = 0x2400, 0x7F


def visible(text: str) -> str:
    """The text with every such character as its picture (`␛`), or as its number (`⟨U+202E⟩`). It is not escaped yet."""
    return _UNSEEN.sub(lambda found: _shown(ord(found[0])), text)


def _shown(code: int) -> str:
    if code < ord(" "):
        return chr(_PICTURES + code)
    return "\N{SYMBOL FOR DELETE}" if code == _DELETE else f"⟨U+{code:04X}⟩"
