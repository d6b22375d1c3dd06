"""Who decides which rows are taken: Arrow what is certain, in bulk; pydantic, row by row, everything else.

What Arrow takes is what pydantic would take, as the same values. So both ways give the same rows and the same rejects.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Generic, Protocol, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ValidationError

from targets.casting import stored
from targets.columns import Column, columns_of
from targets.rejects import Reject, reject_of, shown

Row = TypeVar("Row", bound=BaseModel)


class Chunk(Protocol):
    """Some rows in a row of a file, as they stand there."""

    @property
    def numbers(self) -> Sequence[int]:
        """Which rows of the file these are."""
        ...

    @property
    def rejects(self) -> Sequence[Reject]:
        """What stands before the last of these and is no row at all: of too few fields, or too many."""
        ...

    def arrays(self, columns: Sequence[Column]) -> list[pa.Array] | None:
        """The values of each column that pydantic certainly reads as the same; null where that is not certain.

        None where they are not known column by column.
        """
        ...

    def lacks(self, column: Column) -> pa.Array:
        """Whether there is no value, for each row."""
        ...

    def validated(self, model: type[Row], places: Sequence[int]) -> Iterator[Row | ValidationError]:
        """What pydantic makes of the rows at these places."""
        ...

    def text(self, place: int) -> str:
        """A row as a line of the file has it."""
        ...


class Judge(Generic[Row]):
    """Judges the rows of one model. `plain=False` leaves all of them to pydantic."""

    def __init__(self, model: type[Row], plain: bool = True) -> None:
        self._model = model
        self._columns = columns_of(model)
        self._plain = plain and self._columns.plain

    def batch(self, chunk: Chunk) -> tuple[pa.RecordBatch, list[Reject]]:
        """Give the rows that are taken as one batch, in their order, and the others."""
        arrays = chunk.arrays(self._columns.columns) if self._plain else None
        if arrays is None:
            slow, _, _, rejects = self._by_pydantic(chunk, range(len(chunk.numbers)))
            return slow, rejects
        sure = self._sure(chunk, arrays)
        fast = pa.RecordBatch.from_arrays(arrays, schema=self._columns.schema)
        if pc.all(sure).as_py() is not False:
            return fast, list(chunk.rejects)
        unsure = pc.indices_nonzero(pc.invert(sure)).to_pylist()
        slow, _, places, rejects = self._by_pydantic(chunk, unsure)
        places = pa.concat_arrays([pc.indices_nonzero(sure), pa.array(places, pa.uint64())])
        both = pa.Table.from_batches([fast.filter(sure), slow]).take(pc.sort_indices(places)).combine_chunks()
        return next(iter(both.to_batches()), slow), rejects

    def rows(self, chunk: Chunk) -> tuple[list[Row], list[Reject]]:
        """Give the rows that are taken, in their order, and the others."""
        _, rows, _, rejects = self._by_pydantic(chunk, range(len(chunk.numbers)))
        return rows, rejects

    def _sure(self, chunk: Chunk, arrays: Sequence[pa.Array]) -> pa.Array:
        """Whether a row is certainly taken."""
        sure = [
            self._sure_of(chunk, column, array) for column, array in zip(self._columns.columns, arrays, strict=True)
        ]
        return reduce(pc.and_, sure)

    def _sure_of(self, chunk: Chunk, column: Column, array: pa.Array) -> pa.Array:
        sure = reduce(pc.and_, [check(array) for check in column.checks], array.is_valid())
        return pc.or_(sure.fill_null(False), chunk.lacks(column)) if column.nullable else sure.fill_null(False)

    def _by_pydantic(
        self, chunk: Chunk, places: Sequence[int]
    ) -> tuple[pa.RecordBatch, list[Row], list[int], list[Reject]]:
        rows: list[Row] = []
        kept: list[int] = []
        rejects = list(chunk.rejects)
        for place, row in zip(places, chunk.validated(self._model, places), strict=True):
            if isinstance(row, ValidationError):
                rejects.append(reject_of(row, chunk.numbers[place], chunk.text(place)))
            else:
                rows.append(row)
                kept.append(place)
        batch, wrong = batch_of(self._columns.columns, self._columns.schema, rows)
        for at, (field, reason) in wrong.items():
            number, text = chunk.numbers[kept[at]], chunk.text(kept[at])
            rejects.append(Reject(row=number, field=field, reason=reason, text=text))
        if wrong:
            rows = [row for at, row in enumerate(rows) if at not in wrong]
            kept = [place for at, place in enumerate(kept) if at not in wrong]
        return batch, rows, kept, sorted(rejects, key=lambda reject: reject.row)


def batch_of(
    columns: Sequence[Column], schema: pa.Schema, rows: Sequence[BaseModel]
) -> tuple[pa.RecordBatch, dict[int, tuple[str, str]]]:
    """Give instances as a batch, without those whose values the columns cannot hold: their places, with the field and
    the reason."""
    wrong: dict[int, tuple[str, str]] = {}
    arrays = []
    for column in columns:
        values = [getattr(row, column.name) for row in rows]
        array, unfit = stored(column, values)
        arrays.append(array)
        for place, reason in unfit.items():
            wrong.setdefault(place, (column.name, f"{shown(values[place])}: {reason}"))
    batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
    if wrong:
        batch = batch.filter(pa.array([place not in wrong for place in range(len(rows))]))
    return batch, wrong
