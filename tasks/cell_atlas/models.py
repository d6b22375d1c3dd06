"""The typed rows and documents of the cell atlas. Counts are of molecules; shares are 0 to 1."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Row(BaseModel):
    """A row or document that does not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SubmittedGene(Row):
    """One line of a submission's table of genes: the name of a column of its matrix."""

    gene: str


class SubmittedCell(Row):
    """One line of a submission's table of cells; the counts are of all genes that were sequenced."""

    barcode: Annotated[str, Field(pattern=r"^[ACGT]{8,32}-[0-9]+$")]
    cell_type: Annotated[str, Field(min_length=1, max_length=80)]
    total_counts: Annotated[int, Field(ge=1)]
    genes_detected: Annotated[int, Field(ge=1)]
    mito_share: Share


class Problem(Row):
    """One thing that is wrong with a submission: in which file, what kind of thing, and in words."""

    file: str
    code: str
    detail: str


class Verdict(Row):
    """What verification found. Without problems the submission is accepted, else it is quarantined.

    `fingerprint` names the content: the first digits of the SHA-256 of the metadata document, which holds those of all
    files. `donor` and the numbers are as far as they could be read.
    """

    submission: str
    fingerprint: str
    donor: str = ""
    cells: int = 0
    genes: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


class Listed(Row):
    """A submission that was in the drop when a release was begun."""

    submission: str
    fingerprint: str


class Fault(Problem):
    """A problem of a quarantined submission of a release."""

    submission: str


class Member(Row):
    """What became of a submission of a release: accepted, or quarantined because of its faults."""

    submission: str
    fingerprint: str
    donor: str
    accepted: bool
    cells: int
    genes: int

    @property
    def content(self) -> dict[str, str]:
        """What names its content."""
        return {"submission": self.submission, "fingerprint": self.fingerprint}


class Quality(Row):
    """The quality of the cells of one type in one submission; of all its cells where `cell_type` is empty.

    Of the counts and the genes of a cell: the median, and what 10, 25, 75 and 90 percent of the cells are below.
    """

    submission: str
    donor: str
    cell_type: str
    cells: int
    counts_p10: float
    counts_p25: float
    counts_median: float
    counts_p75: float
    counts_p90: float
    genes_median: float
    mito_median: float
    mito_p90: float


class Expression(Row):
    """How one gene is expressed in the cells of one type: mean of log1p, share of cells that have any."""

    cell_type: str
    gene: str
    mean: float
    share: Share
    mean_elsewhere: float


class Cell(SubmittedCell):
    """A cell of a release; `cell` is its id, for a barcode may be in two submissions."""

    cell: str
    submission: str
    donor: str


class CellType(Row):
    """A cell type of a release: the folder of its matrix, and how much of it there is."""

    cell_type: str
    folder: str
    cells: int
    submissions: int


class Gene(Row):
    """A gene of a release: in which cell type its mean (of log1p) is highest, and what it is there and elsewhere."""

    gene: str
    highest_in: str
    mean: float
    mean_elsewhere: float
    share: Share
