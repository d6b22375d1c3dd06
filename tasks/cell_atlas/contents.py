"""What the files of an accepted submission hold. Loads numpy."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tasks.cell_atlas.drop import CELLS, GENES, MATRIX
from tasks.cell_atlas.matrices import Matrix, matched_columns, unpack
from tasks.cell_atlas.models import SubmittedCell, SubmittedGene
from tasks.cell_atlas.tables import read_table
from tasks.cell_atlas.verification import panel


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The cells, in the order of the rows of `counts`, whose columns are the genes of the panel."""

    cells: list[SubmittedCell]
    counts: Matrix

    @property
    def totals(self) -> np.ndarray:
        """Molecules of each cell, over all genes that were sequenced."""
        return np.array([cell.total_counts for cell in self.cells])

    @classmethod
    def read(cls, read: Callable[[str], bytes]) -> "Contents":
        """Read what was verified; `read` gives the bytes of a file."""
        genes = [row.gene for row in read_table(SubmittedGene, read(GENES))]
        cells = read_table(SubmittedCell, read(CELLS))
        return cls(cells=cells, counts=matched_columns(unpack(read(MATRIX)), genes, panel()))
