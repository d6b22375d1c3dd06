"""The report of a release: the root of the pipeline."""

import logging
import operator

import luigi

from targets import open_target
from targets.errors import ExtraMissing
from tasks.cell_atlas.cell_types import ReleaseExpression, ReleaseQuality
from tasks.cell_atlas.figures import Release
from tasks.cell_atlas.releases import OfMembers, ReleaseMembers
from tasks.cell_atlas.warehouse import LoadCells, LoadGenes

log = logging.getLogger("luigi-interface")


def bounded(least, most, **options):
    """A whole number between two bounds, which belong to it."""
    return luigi.NumericalParameter(
        var_type=int, min_value=least, max_value=most, left_op=operator.le, right_op=operator.le, **options
    )


class AtlasReport(OfMembers, luigi.Task):
    """A release of the cell atlas, as one self-contained HTML page with plots; its tables are in the warehouse."""

    markers = bounded(1, 5, default=3, description="marker genes shown for each cell type (1 to 5)")
    min_cells = bounded(
        1, 1000, default=5, description="cell types with fewer cells (1 to 1000) are counted, but have no marker genes"
    )
    order = luigi.ChoiceParameter(
        choices=["donor", "cells", "quality"],
        default="donor",
        description="what the submissions are ordered by: donor, number of cells, or molecules a cell",
    )

    def requires(self):
        return {
            "members": ReleaseMembers(release=self.release),
            "quality": ReleaseQuality(release=self.release),
            "expression": ReleaseExpression(release=self.release),
            "warehouse": [LoadCells(release=self.release), LoadGenes(release=self.release)],
        }

    def output(self):
        name = f"report-markers{self.markers}-from{self.min_cells}-by-{self.order}.html"
        return open_target(self.below(name), format="text")

    def run(self):
        inputs = self.input()
        release = Release(
            members=list(inputs["members"]["members"].read()),
            faults=list(inputs["members"]["faults"].read()),
            quality=list(inputs["quality"].read()),
            expression=list(inputs["expression"].read()),
        )
        html = self.page(release)
        with self.output().open("w") as file:
            file.write(html)
        log.info("The report is %s", self.output().url)

    def page(self, release):
        """Draw the page; matplotlib is loaded here. Raises ExtraMissing where it is not installed."""
        try:
            from tasks.cell_atlas.atlas_page import atlas_page  # noqa: PLC0415
        except ModuleNotFoundError as error:
            if error.name != "matplotlib":
                raise
            raise ExtraMissing(url=self.output().url, package="matplotlib", extra="plots") from None
        return atlas_page(release, self.release, markers=self.markers, min_cells=self.min_cells, order=self.order)
