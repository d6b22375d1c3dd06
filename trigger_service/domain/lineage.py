"""What targets were made from, and what was made of them: a bounded walk over the writes that are on record. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Dict, Iterable, List, Literal, Optional, Protocol, Sequence, Set, Tuple

from trigger_service.domain.target_writes import TargetInput, TargetWrite

#: Of the content of a target: what is known to be there last, what was there before, or nobody knows.
State = Literal["current", "superseded", "unknown"]
Direction = Literal["up", "down", "both"]
#: How far, and how much, a walk goes at most.
MOST_STEPS, MOST_NODES = 50, 2_000
#: URL, version, and the id of the write where there is one on record.
Key = Tuple[str, str, int]


class Archive(Protocol):
    """The writes on record. Each is given with its inputs."""

    def foresee(self, sources: Sequence[TargetInput]) -> None:
        """Be told what `of_version` is asked next, so that it can be looked up at once."""

    def newest(self, url: str) -> Optional[TargetWrite]:
        """The newest write of a URL."""

    def of_version(self, url: str, version: str) -> Optional[TargetWrite]:
        """The newest write of a URL that made this version."""

    def before(self, url: str, time: float) -> Optional[TargetWrite]:
        """The newest write of a URL that was not after a moment, in seconds since the epoch."""

    def readers(self, url: str, limit: int) -> List[Tuple[TargetWrite, TargetInput]]:
        """Up to `limit` of the current writes that have read a URL, newest first, and what they have read of it."""


@dataclass(frozen=True)
class Node:
    """A target as it was at a time."""

    url: str
    version: str
    state: State
    #: Who made it so; None where that is not on record.
    write: Optional[TargetWrite] = None

    @property
    def key(self) -> Key:
        """Tells it from all other nodes."""
        return self.url, self.version, self.write.id if self.write else 0


@dataclass
class Lineage:
    """Nodes, the first being what was asked about, and which was made from which."""

    nodes: Dict[Key, Node] = field(default_factory=dict)
    #: (what was read, what was made of it).
    edges: Dict[Tuple[Key, Key], None] = field(default_factory=dict)
    #: Whether there is more than was wanted.
    cut: bool = False

    def add(self, node: Node) -> Node:
        """The node, which is one of them now."""
        return self.nodes.setdefault(node.key, node)

    def join(self, source: Node, made: Node) -> None:
        """`made` was made from `source`."""
        self.edges[self.add(source).key, self.add(made).key] = None


def lineage(archive: Archive, url: str, direction: Direction, depth: int, limit: int) -> Optional[Lineage]:
    """Up to `limit` nodes within `depth` steps of what is known of a URL; None where nothing is."""
    newest = archive.newest(url)
    root = node_of(newest) if newest else Node(url, "", "unknown")
    if newest is None and not archive.readers(url, 1):
        return None
    found = Lineage()
    found.add(root)
    if direction in ("up", "both") and newest is not None:
        _go_up(archive, found, newest, depth, limit)
    if direction in ("down", "both"):
        _go_down(archive, found, url, depth, limit)
    return found


def node_of(write: TargetWrite) -> Node:
    """What a write has made."""
    return Node(write.url, write.version, "current" if write.current else "superseded", write)


def source_of(archive: Archive, source: TargetInput, reader: TargetWrite) -> Node:
    """What a write has read: the version that it names or, where it names none, what was there by then."""
    named = source.version != ""
    write = archive.of_version(source.url, source.version) if named else archive.before(source.url, reader.time)
    if write is not None:
        return node_of(write)
    newest = archive.newest(source.url) if named else None
    # something newer is on record, though nobody knows who wrote what was read
    is_old = newest is not None and newest.time > reader.time
    return Node(source.url, source.version, "superseded" if is_old else "unknown")


def _go_up(archive: Archive, found: Lineage, start: TargetWrite, depth: int, limit: int) -> None:
    seen: Set[Key] = set()
    step: Iterable[TargetWrite] = [start]
    for _ in range(depth):
        following: List[TargetWrite] = []
        # one more than may be taken, so that what is left out is known of
        archive.foresee(list(islice((each for write in step for each in write.inputs), limit + 1)))
        for write in step:
            for source in write.inputs:
                if len(found.nodes) >= limit:
                    found.cut = True
                    return
                node = source_of(archive, source, write)
                found.join(node, node_of(write))
                if node.write is not None and node.key not in seen:
                    seen.add(node.key)
                    following.append(node.write)
        step = following
    found.cut = found.cut or any(write.inputs for write in step)


def _go_down(archive: Archive, found: Lineage, start: str, depth: int, limit: int) -> None:
    seen = {start}
    step = [start]
    for _ in range(depth):
        following: List[str] = []
        for url in step:
            readers = archive.readers(url, limit + 1)
            archive.foresee([source for _, source in readers])
            for write, source in readers:
                if len(found.nodes) >= limit:
                    found.cut = True
                    return
                found.join(source_of(archive, source, write), node_of(write))
                if write.url not in seen:
                    seen.add(write.url)
                    following.append(write.url)
        step = following
    found.cut = found.cut or any(archive.readers(url, 1) for url in step)
