"""The accepted submissions of a release together: their cells, a matrix for each cell type, expression, quality."""

import logging
import re

import luigi

from targets import open_target
from tasks.cell_atlas.drop import CELLS, MATRIX
from tasks.cell_atlas.models import Cell, CellType, Expression, Quality, SubmittedCell
from tasks.cell_atlas.releases import OfMembers
from tasks.cell_atlas.storage import read_from, write_files
from tasks.cell_atlas.submissions import AcceptSubmission, MeasureSubmission, NormaliseSubmission
from tasks.cell_atlas.tables import read_table, write_table

log = logging.getLogger("luigi-interface")


class ReleaseCells(OfMembers, luigi.Task):
    """All cells of a release: by submission, and in the order of the rows of its matrix."""

    def output(self):
        return open_target(self.below("cells.parquet"), model=Cell)

    def run(self):
        accepted = self.accepted()
        files = yield [AcceptSubmission(**member.content) for member in accepted]
        count = self.output().write(
            Cell(
                cell=f"{member.submission}:{cell.barcode}",
                submission=member.submission,
                donor=member.donor,
                **dict(cell),
            )
            for member, folder in zip(accepted, files, strict=True)
            for cell in read_table(SubmittedCell, read_from(folder, CELLS))
        )
        log.info("%s: %d cells", self.release, count)


class CellTypeMatrices(OfMembers, luigi.Task):
    """The normalised values of the cells of each type, over all accepted submissions; `types.csv` lists them.

    A folder for each type: `matrix.mtx.gz`, whose columns are `genes.csv`, and `cells.csv`, which are its rows.
    """

    def requires(self):
        return ReleaseCells(release=self.release)

    def output(self):
        return open_target(self.below("cell_types", ""))

    def run(self):
        normalised = yield [NormaliseSubmission(**member.content) for member in self.accepted()]
        write_files(self.output(), self.files(list(self.input().read()), normalised))

    def files(self, cells, normalised):
        """Give the name and the bytes of each file, one after the other."""
        import numpy as np  # noqa: PLC0415 - slow to import, as what follows

        from tasks.cell_atlas.matrices import pack, stack, unpack  # noqa: PLC0415
        from tasks.cell_atlas.verification import PANEL  # noqa: PLC0415

        matrix = stack([unpack(read(target)) for target in normalised])
        kinds = np.array([cell.cell_type for cell in cells])
        types = []
        for number, kind in enumerate(sorted(set(kinds.tolist())), start=1):
            ours = [cell for cell in cells if cell.cell_type == kind]
            folder = f"{number:02}-{slug(kind)}"
            yield f"{folder}/{MATRIX}", pack(matrix.take_rows(kinds == kind))
            yield f"{folder}/{CELLS}", write_table(Cell, ours)
            submissions = len({cell.submission for cell in ours})
            types.append(CellType(cell_type=kind, folder=folder, cells=len(ours), submissions=submissions))
        yield "genes.csv", b"gene\n" + PANEL.read_bytes()
        yield "types.csv", write_table(CellType, types)


class ReleaseExpression(OfMembers, luigi.Task):
    """How each gene is expressed in each cell type."""

    def requires(self):
        return CellTypeMatrices(release=self.release)

    def output(self):
        return open_target(self.below("expression.parquet"), model=Expression)

    def run(self):
        from tasks.cell_atlas.matrices import stack, unpack  # noqa: PLC0415 - loads numpy
        from tasks.cell_atlas.measuring import expression  # noqa: PLC0415
        from tasks.cell_atlas.verification import panel  # noqa: PLC0415

        files = self.input().read()
        types = read_table(CellType, read_from(files, "types.csv"))
        matrix = stack([unpack(read_from(files, f"{each.folder}/{MATRIX}")) for each in types])
        kinds = [each.cell_type for each in types for _ in range(each.cells)]
        self.output().write(expression(matrix, panel(), kinds))


class ReleaseQuality(OfMembers, luigi.Task):
    """The quality of the accepted submissions of a release, and of all its cells together (submission '')."""

    def requires(self):
        return ReleaseCells(release=self.release)

    def output(self):
        return open_target(self.below("quality.csv"), model=Quality)

    def run(self):
        from tasks.cell_atlas.measuring import quality  # noqa: PLC0415 - loads numpy

        measured = yield [MeasureSubmission(**member.content) for member in self.accepted()]
        rows = [row for target in measured for row in target.read()]
        self.output().write([*quality("", "", list(self.input().read())), *rows])


def slug(name):
    """Make a file name of the name of a cell type."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def read(target):
    """Give the bytes of a target."""
    with target.open("r") as file:
        return file.read()
