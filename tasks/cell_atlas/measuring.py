"""What is computed of counts: normalised values, quality, expression by cell type. Loads numpy."""

from collections.abc import Sequence

import numpy as np

from tasks.cell_atlas.matrices import Matrix
from tasks.cell_atlas.models import Expression, Quality, SubmittedCell

#: The counts of each cell are scaled to this sum.
SCALED_TO = 10_000


def normalise(counts: Matrix, totals: np.ndarray) -> Matrix:
    """log1p of the counts, scaled so that each cell has the same sum over all genes that were sequenced.

    `totals` is that sum before, one number a cell; the matrix may hold a part of the genes only.
    """
    values = np.log1p(counts.values * (SCALED_TO / totals[counts.rows]))
    return Matrix(shape=counts.shape, rows=counts.rows, columns=counts.columns, values=values)


def quality(submission: str, donor: str, cells: Sequence[SubmittedCell]) -> list[Quality]:
    """The quality of all cells together (cell type ''), then of each type, in order."""
    kinds = np.array([cell.cell_type for cell in cells])
    counts = np.array([cell.total_counts for cell in cells])
    genes = np.array([cell.genes_detected for cell in cells])
    mito = np.array([cell.mito_share for cell in cells])
    found = []
    for kind in ["", *sorted(set(kinds.tolist()))]:
        ours = kinds == kind if kind else np.ones(len(cells), dtype=bool)
        levels = np.percentile(counts[ours], [10, 25, 50, 75, 90])
        names = ("counts_p10", "counts_p25", "counts_median", "counts_p75", "counts_p90")
        found.append(
            Quality(
                submission=submission,
                donor=donor,
                cell_type=kind,
                cells=int(ours.sum()),
                **{name: round(float(level), 2) for name, level in zip(names, levels, strict=True)},
                genes_median=round(float(np.median(genes[ours])), 2),
                mito_median=round(float(np.median(mito[ours])), 6),
                mito_p90=round(float(np.percentile(mito[ours], 90)), 6),
            )
        )
    return found


def expression(normalised: Matrix, genes: Sequence[str], kinds: Sequence[str]) -> list[Expression]:
    """The expression of each gene in each cell type, by type and then by gene; `kinds` names the type of each row."""
    names = np.array(kinds)
    sums, count = normalised.column_sums(), len(names)
    found = []
    for kind in sorted(set(kinds)):
        ours = normalised.take_rows(names == kind)
        inside, elsewhere = ours.shape[0], max(count - ours.shape[0], 1)
        means = ours.column_sums() / inside
        shares = ours.column_counts() / inside
        others = np.maximum(sums - ours.column_sums(), 0) / elsewhere
        found += [
            Expression(
                cell_type=kind,
                gene=gene,
                mean=round(float(mean), 6),
                share=round(float(share), 6),
                mean_elsewhere=round(float(other), 6),
            )
            for gene, mean, share, other in zip(genes, means, shares, others, strict=True)
        ]
    return found
