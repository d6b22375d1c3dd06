"""Reading of JSON in which somebody defines something: everything wrong in it is found, each at its place. Pure."""

from __future__ import annotations

from typing import Any, List, Mapping, Sequence, Tuple

from trigger_service.domain.errors import Problem
from trigger_service.domain.mistakes import MAX_DEPTH, MOST_TOLD, Mistake, mend, shown, too_deep
from trigger_service.domain.pointers import Pointer, parse_pointer


class Findings:
    """The problems that were found so far, in the order of the definition."""

    def __init__(self) -> None:
        self.problems: List[Problem] = []

    def add(self, at: Pointer, detail: str) -> None:
        """Something is wrong at a place of the definition."""
        self.problems.append(Problem(str(at), detail))

    def add_mistakes(self, at: Pointer, text: str, mistakes: Sequence[Mistake]) -> None:
        """A text at a place has mistakes; the first of very many are told."""
        for mistake in mistakes[:MOST_TOLD]:
            self.add(at, mistake.told(text))

    def depth(self, at: Pointer, value: Any) -> bool:
        """Whether a value can be gone through."""
        if too_deep(value):
            self.add(at, f"is nested deeper than {MAX_DEPTH} lists and objects")
            return False
        return True

    def keys(self, at: Pointer, definition: Mapping[str, Any], known: Tuple[str, ...]) -> bool:
        """Whether an object has none but these keys."""
        unknown = [key for key in definition if key not in known]
        for key in unknown:
            self.add(at / key, f"there is no key {shown(key)}; {mend(str(key), known)}")
        return not unknown

    def pointer(self, at: Pointer, value: Any) -> Pointer:
        """The JSON pointer that stands at a place."""
        if not isinstance(value, str):
            self.add(at, f'expected a JSON pointer, as in "/ref", not {shown(value)}')
            return Pointer.of()
        pointer, mistakes = parse_pointer(value)
        self.add_mistakes(at, value, mistakes)
        return pointer
