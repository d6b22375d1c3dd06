"""What the rows of a file are to look like, and whether its columns do."""

from collections.abc import Sequence
from dataclasses import dataclass

from targets.columns import Columns
from targets.errors import WrongColumns


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The columns of the file `url`; in CSV the text `missing` stands for None in a column that may have none."""

    url: str
    columns: Columns
    missing: str

    def check_header(self, found: Sequence[str]) -> None:
        """Raise WrongColumns unless `found` are our columns in order: what is missing, unknown, double, misplaced."""
        expected = self.columns.names
        if list(found) == expected:
            return
        wrong = {
            "missing": [name for name in expected if name not in found],
            "unknown": [name for name in found if name not in expected],
            "twice": sorted({name for name in found if list(found).count(name) > 1}),
        }
        differences = [f"{what} {', '.join(names)}" for what, names in wrong.items() if names]
        if not differences:
            first, instead = next(pair for pair in zip(found, expected, strict=True) if pair[0] != pair[1])
            differences = [f"misordered, from {first} on, where {instead} is expected"]
        raise self.other_columns("; ".join(differences), ", ".join(found) or "none", ", ".join(expected))

    def other_columns(self, difference: str, found: str, expected: str) -> WrongColumns:
        """The error that says how the columns differ."""
        return WrongColumns(url=self.url, difference=difference, found=found, expected=expected)
