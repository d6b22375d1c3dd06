"""Searching in texts: clients' expressions, and plain words; by RE2, which takes time in proportion to the text."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

#: Bytes that a compiled expression and its automaton may take.
MEMORY = 4 << 20


def compiled(expression: str) -> Callable[[str], bool]:
    """Tells whether the expression matches somewhere in a text. Raises ValueError, with the reason, for none of RE2."""
    pattern = _pattern(expression, case_sensitive=True)
    # half of a surrogate pair is in no text that could be searched
    return lambda text: pattern.search(text.encode(errors="replace").decode()) is not None


def occurrences(expression: str) -> Callable[[str], list[tuple[int, int]]]:
    """Gives where in a text the expression matches, but for empty matches. Raises ValueError like `compiled`."""
    pattern = _pattern(expression, case_sensitive=True)

    def found(text: str) -> list[tuple[int, int]]:
        # each half of a pair becomes one character, so that the places stay
        spans = (match.span() for match in pattern.finditer(text.encode(errors="replace").decode()))
        return [(start, end) for start, end in spans if end > start]

    return found


def named_groups(expression: str) -> Callable[[str], dict[str, str] | None]:
    """Gives the named groups of a text that the expression matches whole, without those that took no part, else None.

    Raises ValueError, with the reason, for none of RE2.
    """
    pattern = _pattern(expression, case_sensitive=True)

    def groups(text: str) -> dict[str, str] | None:
        match = pattern.fullmatch(text)
        return None if match is None else {name: of for name, of in match.groupdict().items() if of is not None}

    return groups


def any_of(words: Collection[bytes]) -> Any:
    """A pattern (`search`, `finditer`) that finds any of these ASCII words in bytes, in any case."""
    import re2  # noqa: PLC0415 (as below)

    return _pattern(b"|".join(re2.escape(word) for word in words), case_sensitive=False)


def _pattern(expression: Any, *, case_sensitive: bool) -> Any:
    import re2  # noqa: PLC0415 (slow to import, and few ask for it)

    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    options.case_sensitive = case_sensitive
    try:
        return re2.compile(expression, options)
    except re2.error as error:
        told = error.args[0]
        raise ValueError(told.decode(errors="replace") if isinstance(told, bytes) else str(told)) from error
