"""Plain text without which an expression cannot match: what a log is searched for before lines are tried. Pure."""

from __future__ import annotations

import re

#: An expression of RE2, taken apart: an escaped sign, a class, anything else that means something, or plain characters.
_TOKENS = re.compile(
    r"\\(?P<sign>[^A-Za-z0-9])|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<rule>[\\()|.^$*+?{])|(?P<plain>.)", re.S
)
#: What these mean is not looked into; expressions with them are tried on every line.
_TOO_MUCH = re.compile(r"\[\[?:|\[\.|\\[QCpPxXzZ0-9]|\\[^A-Za-z0-9]*$")
_COUNT = re.compile(r"\{\d*,?\d*\}")


#: Letters that have a third form, which is not ASCII.
_FOLDED = re.compile("[ksKS]")


def needed_text(expression: str) -> str:
    """The longest such text, of at least two ASCII characters, in whatever case; empty where none is certain."""
    if _TOO_MUCH.search(expression) or "(?" in expression.replace("(?i)", "").replace("(?:", "("):
        return ""
    runs = _runs(expression)
    if "(?i)" in expression:
        runs = [part for run in runs for part in _FOLDED.split(run)]
    return max((run for run in runs if len(run) > 1 and run.isascii()), key=len, default="")


def _runs(expression: str) -> list[str]:
    """Plain characters that follow each other outside of groups; none where there are alternatives."""
    runs, depth, at = [""], 0, 0
    while found := _TOKENS.match(expression, at):
        at, rule, plain = found.end(), found["rule"], found["sign"] or found["plain"]
        depth += (rule == "(") - (rule == ")")
        if plain:
            runs[-1] += plain if depth == 0 else ""
            continue
        if rule == "|" and depth == 0:
            return []
        if rule == "\\":
            at += 1
        elif rule in ("*", "?", "{"):
            runs[-1] = runs[-1][:-1]
            count = _COUNT.match(expression, found.start())
            at = count.end() if count else at
        runs.append("")
    return runs if at >= len(expression) else []
