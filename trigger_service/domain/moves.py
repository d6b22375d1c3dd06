"""What a child is told to do with the targets of tasks, and what it says of each: to look, to move, to put back.

The targets are looked at, and moved, by the code that made them: never by the service.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Literal, Mapping, Optional, Tuple

#: `look` and `look_back` change nothing: they say what `trash` and `restore` would meet.
Verb = Literal["look", "trash", "look_back", "restore", "purge"]
#: What is said of a target, by verb:
#: look: movable; absent (nothing is there); kept (external data, which no task can build); cannot.
#: trash: trashed, absent, cannot.
#: look_back: waiting; back (it is in its place); taken (built again meanwhile); lost (nowhere); cannot.
#: restore: restored, taken, lost, cannot.
#: purge: purged, cannot.
Status = Literal[
    "movable", "absent", "kept", "cannot", "trashed", "waiting", "back", "taken", "lost", "restored", "purged"
]
#: Verbs that change something.
MOVING = frozenset({"trash", "restore", "purge"})


@dataclass(frozen=True)
class Piece:
    """A task whose targets are meant."""

    family: str
    #: Public parameters as Luigi serializes them.
    parameters: Mapping[str, str]
    #: URLs; to look: the names of outputs on record, all of which have to be among those that the code gives now.
    targets: Tuple[str, ...] = ()
    #: Whether the private values that the child is given are those of this task.
    root: bool = False


@dataclass(frozen=True)
class Order:
    """What a child is to do, in this order, for one operation."""

    operation: str
    verb: Verb
    pieces: Tuple[Piece, ...]
    #: A file of which each operation locks one byte, so that two children never move for one operation at once.
    lock_file: str = ""

    @property
    def lock_byte(self) -> int:
        """Which byte of the file is that of this operation."""
        return int(self.operation.replace("-", ""), 16) % (1 << 62)

    def to_json(self) -> Dict[str, Any]:
        """The content of `order.json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Order:
        """Read what `to_json` gave."""
        pieces = tuple(Piece(**{**piece, "targets": tuple(piece["targets"])}) for piece in value["pieces"])
        return cls(**{**value, "pieces": pieces})


@dataclass(frozen=True)
class Said:
    """What was said of one target."""

    #: Which piece it belongs to: its place in the order.
    piece: int
    status: Status
    #: Canonical; empty where the piece itself cannot be asked for its targets.
    url: str = ""
    #: Why, where it is not plain.
    why: str = ""
    #: None where there is nothing, or nobody can say.
    bytes: Optional[int] = None


@dataclass(frozen=True)
class Answers:
    """All that was said."""

    said: Tuple[Said, ...] = field(default_factory=tuple)
    #: Why it ended before it was through; empty where it was.
    cut: str = ""
