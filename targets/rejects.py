"""Rows that are not as they should be: the record of one, and what becomes of a read that meets them."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from pydantic import BaseModel, ValidationError

from targets.errors import TooManyRejects, WrongRow

#: Characters of a wrong value that are shown.
SHOWN = 80


class Reject(BaseModel):
    """A row that was not taken. `row` counts the records of the file from 1, a header included: without quoted line
    breaks and blank lines it is the line. `text` is the row as a line of the file has it."""

    row: int
    field: str
    reason: str
    text: str


def reject_of(error: ValidationError, row: int, text: str) -> Reject:
    """Give the reject of a row that pydantic did not take: every field that is wrong, with its value."""
    problems = error.errors(include_url=False, include_context=False)
    fields = dict.fromkeys(str(problem["loc"][0]) for problem in problems if problem["loc"])
    reasons = [_reason(problem) for problem in problems]
    return Reject(row=row, field=", ".join(fields), reason="; ".join(reasons), text=text)


def shown(value: Any) -> str:
    """A value as it is shown in an error."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _reason(problem: Any) -> str:
    whole_row = not problem["loc"] or problem["type"] == "missing"
    return str(problem["msg"]) if whole_row else f"{shown(problem['input'])}: {problem['msg']}"


class Rejections:
    """What one read does with rejects: the first is an error, or all go to `target`, up to a threshold.

    `threshold` is a number of rows (int), or a share of all rows (float, 0 to 1) that is judged at the end. The target
    is published when the block ends without an exception.
    """

    def __init__(self, url: str, target: Any, threshold: float | None) -> None:
        if threshold is not None and target is None:
            raise ValueError(f"{url}: a threshold of {threshold} without rejects=TARGET: where should rejects go?")
        self._url = url
        self._writer = None if target is None else target.writer()
        self._threshold = threshold
        self._first: Reject | None = None
        self._rejected = self._rows = 0

    def add(self, rejects: Sequence[Reject], accepted: int) -> None:
        """Rows have been judged: `rejects`, and a number of `accepted` ones. Raises WrongRow, TooManyRejects."""
        self._rows += len(rejects) + accepted
        if not rejects:
            return
        self._first = self._first or rejects[0]
        if self._writer is None:
            raise WrongRow(url=self._url, **rejects[0].model_dump())
        self._rejected += len(rejects)
        self._writer.write(rejects)
        if isinstance(self._threshold, int):
            self._judge(self._threshold)

    def _judge(self, most: float) -> None:
        if self._rejected > most and self._first is not None:
            told = {"rejected": self._rejected, "rows": self._rows, "threshold": self._threshold}
            raise TooManyRejects(url=self._url, **told, **self._first.model_dump())

    def __enter__(self) -> Self:
        if self._writer is not None:
            self._writer.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._writer is None:
            return
        if kind is None and isinstance(self._threshold, float):
            try:
                self._judge(self._threshold * self._rows)
            except TooManyRejects as too_many:
                self._writer.__exit__(type(too_many), too_many, too_many.__traceback__)
                raise
        self._writer.__exit__(kind, error, traceback)
