"""A line of output as pages show it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from trigger_service.service.expressions import occurrences
from trigger_service.service.logview import Row
from trigger_service.web.pages.ansi import Piece, pieces

#: Characters that are shown of a text that is longer than LONG: of one line, and of several, as tracebacks are.
FOLD, FOLD_LINES, LONG = 1000, 20_000, 4000
#: Characters of an excerpt, and those of them before the first hit.
EXCERPT, BEFORE = 400, 120
#: Lines of a text of several that are shown with hits; one of as many is shown whole.
_LINES = 3
#: Marked hits of one line.
MARKS = 200
#: By level, what the line looks like.
_STATES = {"WARNING": "warning", "ERROR": "failed", "CRITICAL": "failed"}
#: Gives where hits are in a text.
Finder = Callable[[str], Sequence[tuple[int, int]]]
#: By task id, its family and parameters.
Names = Mapping[str, tuple[str, Mapping[str, str]]]


@dataclass(frozen=True)
class TaskName:
    """A task as the column of the tasks has it."""

    id: str
    family: str
    values: str


@dataclass(frozen=True)
class ShownLine:
    """One row of a log."""

    number: int
    attempt: int
    time: float
    level: str
    stream: str
    #: The state whose colours it has; empty for none.
    state: str
    task: TaskName | None
    pieces: Sequence[Piece]
    #: Characters that are not shown, and whether there is a hit among them.
    folded: int
    folded_hit: bool


def shown(row: Row, names: Names, find: Finder, whole: bool = False) -> ShownLine:
    """A line, cut where it is huge, unless it is to be shown `whole`."""
    text = row.line.text
    fold = FOLD_LINES if "\n" in text[:FOLD] else FOLD
    kept = text if whole or len(text) <= max(LONG, fold) else text[:fold]
    hits = list(find(text))[:MARKS]
    return ShownLine(
        number=row.number,
        attempt=row.attempt,
        time=row.line.time,
        level=row.line.level.lower(),
        stream=row.line.stream,
        state=_STATES.get(row.line.level, ""),
        task=_task(row.line.task, names),
        pieces=tuple(pieces(kept, [(start, min(end, len(kept))) for start, end in hits if start < len(kept)])),
        folded=len(text) - len(kept),
        folded_hit=any(end > len(kept) for _, end in hits),
    )


def excerpt(row: Row, names: Names, find: Finder) -> ShownLine:
    """A line with a hit: of a huge one, what stands around its first hit; of several lines, those that matter."""
    text = row.line.text
    if text.count("\n") > _LINES:
        kept = _in_few_lines(text, find)
        made = shown(replace(row, line=replace(row.line, text=kept)), names, find)
        return replace(made, folded=made.folded + max(0, len(text) - len(kept)))
    hits = list(find(text))[:1]
    start = max(0, hits[0][0] - BEFORE) if hits and "\n" not in text else 0
    if len(text) <= FOLD or not start:
        return shown(row, names, find)
    made = shown(replace(row, line=replace(row.line, text=text[start : start + EXCERPT])), names, find)
    return replace(made, pieces=(Piece("… "), *made.pieces), folded=len(text) - EXCERPT)


def _in_few_lines(text: str, find: Finder) -> str:
    """The first line, the first ones with a hit, and the last, where a traceback has its error."""
    lines = text.rstrip("\n").split("\n")
    with_hit = [place for place, line in enumerate(lines) if find(line)][:_LINES]
    made, before = [], -1
    for place in sorted({0, *with_hit, len(lines) - 1}):
        made += [f"\N{HORIZONTAL ELLIPSIS} {place - before - 1} more lines"] if place > before + 2 else []
        made += lines[before + 1 : place] if place == before + 2 else []
        made.append(lines[place])
        before = place
    return "\n".join(made)


def finder(text: str, *, is_expression: bool) -> Finder:
    """What marks hits; raises ValueError for what is no expression of RE2."""
    if not text:
        return lambda _: ()
    if is_expression:
        return occurrences(text)
    plain = re.compile(re.escape(text), re.IGNORECASE)
    return lambda within: [found.span() for found in plain.finditer(within)]


def mistake_of(text: str, *, is_expression: bool) -> str:
    """What is wrong with an expression; empty for nothing."""
    try:
        finder(text, is_expression=is_expression)
    except ValueError as error:
        return f"Not an expression of RE2: {error}."
    return ""


def families(names: Names) -> Iterable[tuple[str, int]]:
    """The families, and how many tasks each has."""
    counts: dict[str, int] = {}
    for family, _ in names.values():
        counts[family] = counts.get(family, 0) + 1
    return counts.items()


def _task(task_id: str | None, names: Names) -> TaskName | None:
    if task_id is None:
        return None
    family, parameters = names.get(task_id, (task_id, {}))
    return TaskName(task_id, family, " ".join(parameters.values()))
