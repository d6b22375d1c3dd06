"""Whether a target still is what is on record: what a child is asked, what it says, and what that means. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Dict, Literal, Mapping, Optional, Tuple

from trigger_service.domain.target_writes import TargetWrite

#: `ok`: its content is the one on record. `changed`, `missing`. `no_checksum`: nothing speaks against it, and there is
#: no checksum to tell. `superseded`: something newer is on record, so that it was not read. `unreadable`.
Verdict = Literal["ok", "changed", "missing", "no_checksum", "superseded", "unreadable"]
VERDICTS: Tuple[Verdict, ...] = ("ok", "changed", "missing", "no_checksum", "superseded", "unreadable")
#: What is compared, in this order.
COMPARED = ("size", "sha256", "rows", "version")


@dataclass(frozen=True)
class Claim:
    """A target that a child is to read, and the task that has it."""

    url: str
    family: str
    #: Public ones, as Luigi serializes them.
    parameters: Mapping[str, str]
    #: Whether the private values that the child is given are those of this task.
    root: bool = False


@dataclass(frozen=True)
class Claims:
    """What a child is to read, in this order."""

    items: Tuple[Claim, ...]
    #: Whether it is to tell what stands at the beginning of each, and not to read the rest.
    preview: bool = False

    def to_json(self) -> Dict[str, Any]:
        """The content of `claims.json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Claims:
        """Read what `to_json` gave."""
        return cls(tuple(Claim(**claim) for claim in value["items"]), value.get("preview", False))


@dataclass(frozen=True)
class Reading:
    """How far a child has read a claim: its place among the claims, and bytes or, of a table, rows."""

    claim: int
    amount: int


@dataclass(frozen=True)
class Found:
    """What a child found of a claim."""

    claim: int
    #: None where nobody can say.
    exists: Optional[bool] = None
    size: Optional[int] = None
    sha256: str = ""
    rows: Optional[int] = None
    version: str = ""
    #: Whether it can verify itself, and has; and what it found wrong then, each in a sentence.
    itself: bool = False
    faults: Tuple[str, ...] = ()
    #: Why it could not be read; empty where it could.
    why: str = ""
    #: Where only its beginning was asked for: `kind` (table, text, page, picture, bytes) and what belongs to it.
    preview: Optional[Mapping[str, Any]] = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Found:
        """Read what a child has written."""
        return cls(**{**value, "faults": tuple(value["faults"])})


@dataclass(frozen=True)
class Verified:
    """What is to be said of a target."""

    write: TargetWrite
    verdict: Verdict
    #: In a sentence.
    why: str
    found: Optional[Found] = None
    #: Names of what is other than on record, of `COMPARED`.
    differs: Tuple[str, ...] = ()


def verified(write: TargetWrite, found: Found) -> Verified:
    """Compare what is on record with what was found. The content decides: a file that was only touched is ok."""
    if found.exists is False:
        return Verified(write, "missing", "there is nothing in its place", found)
    if found.why:
        return Verified(write, "unreadable", found.why, found)
    differs = tuple(name for name in COMPARED if _differ(getattr(write, name), getattr(found, name)))
    is_told = _is_told(write, found)
    decisive = [name for name in differs if name != "version" or not is_told]
    told = [f"{name} is {getattr(found, name)}, was {getattr(write, name)}" for name in decisive]
    if told or found.faults:
        return Verified(write, "changed", "; ".join((*found.faults, *told)), found, differs)
    verdict, why = _unchanged(write, found, is_told)
    touched = "; it has been put there anew, with the same content" if differs else ""
    return Verified(write, verdict, f"{why}{touched}", found, differs)


def _unchanged(write: TargetWrite, found: Found, is_told: bool) -> Tuple[Verdict, str]:
    """Of what nothing speaks against."""
    if found.itself:
        return "ok", "it has been read as a whole, and is what it says of itself"
    if is_told:
        return "ok", f"its {'checksum' if write.sha256 and found.sha256 else 'number of rows'} is the one on record"
    if write.version and write.version == found.version:
        return "no_checksum", "no checksum is on record; its version is the one on record"
    return "no_checksum", "no checksum is on record; nothing tells of a change"


def superseded(write: TargetWrite) -> Verified:
    """Of a write that is not the newest of its URL."""
    return Verified(write, "superseded", "something newer is on record of it")


def unread(write: TargetWrite, why: str) -> Verified:
    """Of a target that nobody came to read."""
    return Verified(write, "unreadable", why)


def _is_told(write: TargetWrite, found: Found) -> bool:
    """Whether more than the version tells that the content is the same."""
    has_checksum = bool(write.sha256 and found.sha256)
    return has_checksum or (write.rows is not None and found.rows is not None and write.size in (None, 0))


def _differ(recorded: Any, seen: Any) -> bool:
    """Whether both are known, and not the same."""
    return recorded not in (None, "") and seen not in (None, "") and recorded != seen
