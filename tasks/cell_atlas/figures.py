"""What a report says of a release: compositions, spreads and marker genes, taken from its rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.cell_atlas.models import Expression, Fault, Member, Quality

#: Cell types with a colour of their own; the smaller ones share the last.
MOST_KINDS = 10
#: Upper ends of the steps of the heat scale, as means of log1p; the last is open.
EXPRESSION_STEPS = (0.5, 1, 1.5, 2.25, 3)


@dataclass(frozen=True, kw_only=True)
class Release:
    """The rows of a release. `quality` holds those of all cells together under the submission ''."""

    members: Sequence[Member]
    faults: Sequence[Fault]
    quality: Sequence[Quality]
    expression: Sequence[Expression]

    @property
    def accepted(self) -> list[Member]:
        """The accepted submissions."""
        return [member for member in self.members if member.accepted]

    @property
    def quarantined(self) -> list[Member]:
        """The others."""
        return [member for member in self.members if not member.accepted]

    @property
    def whole(self) -> Quality:
        """The quality of all cells."""
        return next(row for row in self.quality if not row.submission and not row.cell_type)

    @property
    def types(self) -> list[Quality]:
        """The quality of each cell type over all submissions, largest first."""
        found = [row for row in self.quality if not row.submission and row.cell_type]
        return sorted(found, key=lambda row: (-row.cells, row.cell_type))

    @property
    def submissions(self) -> list[Quality]:
        """The quality of each accepted submission, in order of their names."""
        return [row for row in self.quality if row.submission and not row.cell_type]

    def submissions_with(self, cell_type: str) -> int:
        """In how many submissions there are cells of a type."""
        return sum(row.cell_type == cell_type for row in self.quality if row.submission)

    def composition(self, submission: str) -> list[float]:
        """Shares of the cell types in a submission, in the order of `kinds`."""
        cells = {row.cell_type: row.cells for row in self.quality if row.submission == submission}
        named = [row.cell_type for row in self.types][: len(self.kinds) - self.has_rest]
        shares = [cells.get(kind, 0) / cells[""] for kind in named]
        return [*shares, 1 - sum(shares)] if self.has_rest else shares

    @property
    def has_rest(self) -> bool:
        """Whether the smallest cell types share a colour."""
        return len(self.types) > MOST_KINDS

    @property
    def kinds(self) -> list[str]:
        """The names of the colours of a composition."""
        names = [row.cell_type for row in self.types]
        return [*names[: MOST_KINDS - 1], "all others"] if self.has_rest else names

    def markers(self, cell_type: str, count: int) -> list[Expression]:
        """The genes that tell a type from all other cells best: those whose mean is the most above theirs."""
        rows = [row for row in self.expression if row.cell_type == cell_type]
        return sorted(rows, key=lambda row: (row.mean_elsewhere - row.mean, row.gene))[:count]


def marker_columns(release: Release, types: Iterable[Quality], count: int) -> list[str]:
    """The marker genes of some types, each once, in their order."""
    return list(dict.fromkeys(row.gene for kind in types for row in release.markers(kind.cell_type, count)))


def thousands(number: float) -> str:
    """Write a whole number with narrow spaces, as 27 004."""
    return f"{number:,.0f}".replace(",", "\u202f")


def counted(number: int, noun: str) -> str:
    """Write a number of things, as 1 donor or 8 donors."""
    return f"{thousands(number)} {noun}{'' if number == 1 else 's'}"
