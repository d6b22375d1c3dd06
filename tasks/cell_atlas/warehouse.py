"""The warehouse: a table of cells and a table of genes, with one partition a release."""

import logging

import luigi

from targets import open_target
from tasks.cell_atlas.cell_types import ReleaseCells, ReleaseExpression
from tasks.cell_atlas.models import Cell, Gene
from tasks.cell_atlas.releases import OfRelease
from tasks.cell_atlas.settings import cell_atlas

log = logging.getLogger("luigi-interface")


class LoadCells(OfRelease, luigi.Task):
    """The cells of a release in the table `cells`; rows and marker are committed together."""

    def requires(self):
        return ReleaseCells(release=self.release)

    def output(self):
        return table("cells", Cell, key=("release", "cell"), release=self.release)

    def run(self):
        count = self.output().write(self.input().read())
        log.info("%s: %d rows in %s", self.release, count, self.output())


class LoadGenes(OfRelease, luigi.Task):
    """The genes of a release in the table `genes`, each with the cell type that expresses it most."""

    def requires(self):
        return ReleaseExpression(release=self.release)

    def output(self):
        return table("genes", Gene, key=("release", "gene"), release=self.release)

    def run(self):
        count = self.output().write(genes(self.input().read()))
        log.info("%s: %d rows in %s", self.release, count, self.output())


def table(name, model, *, key, **partition):
    """Give one partition of a table, or the whole table."""
    return open_target(f"{cell_atlas().warehouse}#{name}", model=model, key=key, partition=partition)


def genes(expression):
    """Give the row of each gene, in order, from the rows of how it is expressed in each cell type."""
    highest = {}
    for row in expression:
        before = highest.get(row.gene)
        if before is None or row.mean > before.mean:
            highest[row.gene] = row
    for gene, row in sorted(highest.items()):
        yield Gene(
            gene=gene, highest_in=row.cell_type, mean=row.mean, mean_elsewhere=row.mean_elsewhere, share=row.share
        )
