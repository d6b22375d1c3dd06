"""Regular expressions of clients: only such as take time in proportion to the text, whatever they are (RE2)."""

from __future__ import annotations

from collections.abc import Callable

#: Bytes that a compiled expression and its automaton may take.
MEMORY = 4 << 20


def compiled(expression: str) -> Callable[[str], bool]:
    """Tells whether the expression matches somewhere in a text. Raises ValueError, with the reason, for none of RE2."""
    import re2  # noqa: PLC0415 (slow to import, and few ask for it)

    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    try:
        pattern = re2.compile(expression, options)
    except re2.error as error:
        told = error.args[0]
        raise ValueError(told.decode(errors="replace") if isinstance(told, bytes) else str(told)) from error
    # half of a surrogate pair is in no text that could be searched
    return lambda text: pattern.search(text.encode(errors="replace").decode()) is not None
