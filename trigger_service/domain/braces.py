"""Texts with holes in them: what stands between braces is told apart from what stands around it. Pure.

The opening braces, written twice, stand for themselves; closing ones need nothing: with `{{` and `}}`, the text
`{{{{ x }} {{ y }}` is `{{ x }} ` and a hole with ` y `.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Tuple, Union

from trigger_service.domain.mistakes import Mistake


@dataclass(frozen=True)
class Hole:
    """What stands between braces; `position` (1-based) is that of its first character in the whole text."""

    position: int
    content: str


@dataclass(frozen=True)
class Braces:
    """A pair of braces: `{{` and `}}`, or `{` and `}`."""

    opening: str
    closing: str

    def escaped(self, text: str) -> str:
        """The text that is read as `text`, without a hole."""
        return text.replace(self.opening, self.opening * 2)

    def split(self, text: str) -> Tuple[List[Union[str, Hole]], List[Mistake]]:
        """The text and the holes, in their order; and a mistake for each opening that nothing closes."""
        pieces: List[Union[str, Hole]] = []
        mistakes: List[Mistake] = []
        width = len(self.opening)
        end = 0
        for run in re.finditer(r"\{+", text):
            if run.start() < end:  # in the hole before
                continue
            escapes, rest = divmod(run.end() - run.start(), 2 * width)
            pieces += [text[end : run.start()], self.opening * escapes + "{" * (rest % width)]
            end = run.end()
            if rest >= width:
                reopened = text.find(self.opening, end)
                closing = text.find(self.closing, end, reopened if reopened >= 0 else len(text))
                if closing < 0:
                    mistakes.append(self._unclosed(end, reopened))
                else:
                    pieces.append(Hole(end + 1, text[end:closing]))
                    end = closing + width
        pieces.append(text[end:])
        return _joined(pieces), mistakes

    def _unclosed(self, end: int, reopened: int) -> Mistake:
        where = f" before the next {self.opening} at position {reopened + 1}" if reopened >= 0 else ""
        return Mistake(
            end - len(self.opening) + 1,
            f"the {self.opening} is not closed; expected {self.closing}{where}"
            f" (a literal {self.opening} is written {self.opening * 2})",
        )


def _joined(pieces: List[Union[str, Hole]]) -> List[Union[str, Hole]]:
    """The same with texts side by side made one, and none empty."""
    joined: List[Union[str, Hole]] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece != "":
            joined.append(piece)
    return joined
