"""Sparse matrices: rows are cells, columns are genes; as gzipped Matrix Market files. Loads numpy."""

import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.cell_atlas.errors import BadMatrix

BANNER = "%%MatrixMarket matrix coordinate"


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """The entries that are not zero, by row: entry i is `values[i]` in row `rows[i]` and column `columns[i]`."""

    shape: tuple[int, int]
    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray

    def row_sums(self) -> np.ndarray:
        """The sum of each row."""
        return np.bincount(self.rows, weights=self.values, minlength=self.shape[0])

    def row_counts(self) -> np.ndarray:
        """The number of entries of each row."""
        return np.bincount(self.rows, minlength=self.shape[0])

    def column_sums(self) -> np.ndarray:
        """The sum of each column."""
        return np.bincount(self.columns, weights=self.values, minlength=self.shape[1])

    def column_counts(self) -> np.ndarray:
        """The number of entries of each column."""
        return np.bincount(self.columns, minlength=self.shape[1])

    def take_rows(self, wanted: np.ndarray) -> "Matrix":
        """The rows where `wanted` (one boolean a row) is true, in their order."""
        places = np.cumsum(wanted) - 1
        kept = wanted[self.rows]
        shape = (int(wanted.sum()), self.shape[1])
        return Matrix(shape=shape, rows=places[self.rows[kept]], columns=self.columns[kept], values=self.values[kept])


def stack(matrices: Sequence[Matrix]) -> Matrix:
    """The rows of all, one below the other. All have the same columns."""
    starts = np.cumsum([0, *(matrix.shape[0] for matrix in matrices)])
    return Matrix(
        shape=(int(starts[-1]), matrices[0].shape[1]),
        rows=np.concatenate([matrix.rows + start for matrix, start in zip(matrices, starts, strict=False)]),
        columns=np.concatenate([matrix.columns for matrix in matrices]),
        values=np.concatenate([matrix.values for matrix in matrices]),
    )


def matched_columns(matrix: Matrix, genes: Sequence[str], panel: Sequence[str]) -> Matrix:
    """The matrix with the columns of `panel` in place of its own, which `genes` names; all of them are in `panel`."""
    place = {gene: number for number, gene in enumerate(panel)}
    columns = np.array([place[gene] for gene in genes], dtype=np.int64)[matrix.columns]
    order = np.lexsort((columns, matrix.rows))
    return Matrix(
        shape=(matrix.shape[0], len(panel)),
        rows=matrix.rows[order],
        columns=columns[order],
        values=matrix.values[order],
    )


def pack(matrix: Matrix) -> bytes:
    """Make a gzipped Matrix Market file, whose bytes depend on nothing but the matrix; six digits of each number."""
    kind = "integer" if np.issubdtype(matrix.values.dtype, np.integer) else "real"
    entries = zip(matrix.rows.tolist(), matrix.columns.tolist(), matrix.values.tolist(), strict=True)
    number = "{:d}" if kind == "integer" else "{:.6g}"
    lines = [f"{row + 1} {column + 1} {number.format(value)}\n" for row, column, value in entries]
    head = f"{BANNER} {kind} general\n{matrix.shape[0]} {matrix.shape[1]} {len(lines)}\n"
    return gzip.compress("".join([head, *lines]).encode("ascii"), compresslevel=6, mtime=0)


def unpack(file: bytes) -> Matrix:
    """Read a gzipped Matrix Market file of coordinates. Raises BadMatrix with what is wrong with it."""
    try:
        text = gzip.decompress(file).decode("ascii")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise BadMatrix(reason=f"{error or type(error).__name__}".rstrip(".").lower()) from None
    lines = text.splitlines()
    if not lines or not lines[0].startswith(BANNER) or not lines[0].endswith(" general"):
        raise BadMatrix(reason=f"its first line does not say '{BANNER} (integer|real) general'")
    dtype = np.int64 if " integer " in lines[0] else np.float64
    body = [line for line in lines[1:] if not line.startswith("%")]
    try:
        rows, columns, entries = (int(number) for number in (body or [""])[0].split())
        found = np.loadtxt(io.StringIO("\n".join(body[1:])), ndmin=2) if len(body) > 1 else np.empty((0, 3))
        numbers = found.reshape(-1, 3)
    except ValueError as error:
        raise BadMatrix(reason=str(error)) from None
    if len(numbers) != entries:
        raise BadMatrix(reason=f"{len(numbers)} entries, its head says {entries}")
    return _checked(
        Matrix(
            shape=(rows, columns),
            rows=numbers[:, 0].astype(np.int64) - 1,
            columns=numbers[:, 1].astype(np.int64) - 1,
            values=numbers[:, 2].astype(dtype),
        )
    )


def _checked(matrix: Matrix) -> Matrix:
    for name, places, size in (
        ("row", matrix.rows, matrix.shape[0]),
        ("column", matrix.columns, matrix.shape[1]),
    ):
        outside = places[(places < 0) | (places >= size)]
        if len(outside):
            raise BadMatrix(reason=f"an entry in {name} {outside[0] + 1}, there are {size}")
    order = np.lexsort((matrix.columns, matrix.rows))
    rows, columns = matrix.rows[order], matrix.columns[order]
    twice = np.flatnonzero((np.diff(rows) == 0) & (np.diff(columns) == 0))
    if len(twice):
        raise BadMatrix(reason=f"row {rows[twice[0]] + 1}, column {columns[twice[0]] + 1} has two entries")
    return Matrix(shape=matrix.shape, rows=rows, columns=columns, values=matrix.values[order])
