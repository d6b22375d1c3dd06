"""What a report says: totals, shares and rankings taken from summary rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tasks.flights.records import Measures, SummaryRow

#: Shares of fewer flights than this say little and are not singled out.
FEW_FLIGHTS = 30


class Group(NamedTuple):
    """One value of a dimension with its measures."""

    key: str
    label: str
    measures: Measures

    @property
    def late_share(self) -> float:
        """Late departures per flight that left, 0 to 1."""
        return _ratio(self.measures.late, self.measures.departed)

    @property
    def cancelled_share(self) -> float:
        """Cancelled flights per scheduled one, 0 to 1."""
        return _ratio(self.measures.cancelled, self.measures.flights)

    @property
    def mean_departure_delay_min(self) -> float:
        """Mean delay of the flights that left, in minutes; early ones count negative."""
        return _ratio(self.measures.dep_delay_min, self.measures.departed)

    @property
    def mean_arrival_delay_min(self) -> float:
        """Mean delay of the flights that arrived where they were bound for, in minutes."""
        return _ratio(self.measures.arr_delay_min, self.measures.arrived)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The groups of each dimension of one period."""

    groups: dict[str, list[Group]]

    @classmethod
    def of(cls, rows: Iterable[SummaryRow]) -> "Summary":
        """Add up rows, of one month or of several, by dimension and value."""
        sums: dict[tuple[str, str], list[int]] = {}
        labels: dict[tuple[str, str], str] = {}
        for row in rows:
            place = (row.dimension, row.key)
            labels[place] = row.label
            before = sums.get(place, [0] * len(Measures._fields))
            sums[place] = [a + b for a, b in zip(before, row.measures, strict=True)]
        groups: dict[str, list[Group]] = {}
        for dimension, key in sorted(sums):
            group = Group(key, labels[dimension, key], Measures(*sums[dimension, key]))
            groups.setdefault(dimension, []).append(group)
        return cls(groups=groups)

    @property
    def total(self) -> Group:
        """Everything together."""
        sums = zip(*(group.measures for group in self.groups.get("day", [])), strict=True)
        return Group("total", "Total", Measures(*map(sum, sums)))

    def largest(self, dimension: str, count: int) -> list[Group]:
        """Give the `count` groups with most flights, largest first."""
        ranked = sorted(self.groups.get(dimension, []), key=lambda group: (-group.measures.flights, group.key))
        return ranked[:count]

    def by_lateness(self, dimension: str) -> list[Group]:
        """Give the groups with enough flights, or all where none has, latest first."""
        groups = self.groups.get(dimension, [])
        enough = [group for group in groups if group.measures.departed >= FEW_FLIGHTS]
        return sorted(enough or groups, key=lambda group: (-group.late_share, group.key))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def thousands(number: float) -> str:
    """Write a whole number with narrow spaces, as 27 004."""
    return f"{number:,.0f}".replace(",", "\u202f")


def percent(share: float, digits: int = 1) -> str:
    """Write a share of 0 to 1 as 12.3%."""
    return f"{share:.{digits}%}"


def minutes(number: float) -> str:
    """Write minutes as 10.0 min."""
    return f"{number:.1f}\u202fmin".replace("-", "\u2212")
