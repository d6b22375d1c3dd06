"""Reads of the catalogue of targets: who wrote what, from what, and who has read it since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, or_, select, tuple_

from trigger_service.domain.target_writes import TargetInput, TargetWrite
from trigger_service.domain.urls import pieces_shown, shown_url
from trigger_service.store.target_tables import target_inputs, target_writes
from trigger_service.store.target_writes import IS_CURRENT, from_row

#: URLs on each side that one that is not known is compared with.
_NEIGHBOURS = 250
_CHUNK = 500
#: Comes after every character of a URL.
_AFTER_ALL = "\U0010ffff"
_ALL = select(target_writes)
_NEWEST_FIRST = (target_writes.c.current.desc(), target_writes.c.time.desc(), target_writes.c.id.desc())
_OF_URL = _ALL.where(target_writes.c.url == bindparam("url")).order_by(*_NEWEST_FIRST).limit(bindparam("limit"))
_OF_VERSION = _OF_URL.where(target_writes.c.version == bindparam("version"))
_RANKED = (
    select(
        target_writes.c.id,
        func.row_number()
        .over(partition_by=(target_writes.c.url, target_writes.c.version), order_by=_NEWEST_FIRST)
        .label("rank"),
    )
    # by the URLs alone first: SQLite finds pairs by no index
    .where(target_writes.c.url.in_(bindparam("urls", expanding=True)))
    .where(tuple_(target_writes.c.url, target_writes.c.version).in_(bindparam("names", expanding=True)))
    .subquery()
)
_OF_VERSIONS = _ALL.join(_RANKED, _RANKED.c.id == target_writes.c.id).where(_RANKED.c.rank == 1)
_BEFORE = _OF_URL.where(target_writes.c.time <= bindparam("time"))
_READERS = (
    select(target_writes, target_inputs.c.version.label("read"))
    .join_from(target_inputs, target_writes)
    .where(target_inputs.c.url == bindparam("url"), IS_CURRENT)
    .order_by(target_inputs.c.write_id.desc())
    .limit(bindparam("limit"))
)
_INPUTS = select(target_inputs).where(target_inputs.c.write_id.in_(bindparam("ids", expanding=True)))
_OF_RUN = _ALL.where(target_writes.c.run_id == bindparam("run_id")).order_by(target_writes.c.id)
_COUNT_OF_RUN = select(func.count()).where(target_writes.c.run_id == bindparam("run_id"))
_URLS = select(target_writes.c.url).where(IS_CURRENT)


class Records:
    """The writes on record, in one reading: what `domain/lineage.py` calls an archive."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        #: By URL and version, what was looked up before it was asked for; None where there is none.
        self._foreseen: dict[tuple[str, str], TargetWrite | None] = {}

    def foresee(self, sources: Sequence[TargetInput]) -> None:
        """Look up the writes of these URLs and versions, all at once: `of_version` has them then."""
        wanted = {(source.url, source.version) for source in sources if source.version} - self._foreseen.keys()
        names = sorted(wanted)
        for start in range(0, len(names), _CHUNK // 4):
            some = names[start : start + _CHUNK // 4]
            self._foreseen.update(dict.fromkeys(some))
            asked = {"names": some, "urls": sorted({url for url, _ in some})}
            writes = self._with_inputs(map(from_row, self._connection.execute(_OF_VERSIONS, asked)))
            self._foreseen.update({(write.url, write.version): write for write in writes})

    def newest(self, url: str) -> TargetWrite | None:
        """The newest write of a URL."""
        return self._first(_OF_URL, url=url)

    def of_version(self, url: str, version: str) -> TargetWrite | None:
        """The newest write of a URL that made this version."""
        if (url, version) in self._foreseen:
            return self._foreseen[url, version]
        return self._first(_OF_VERSION, url=url, version=version)

    def before(self, url: str, time: float) -> TargetWrite | None:
        """The newest write of a URL that was not after a moment."""
        return self._first(_BEFORE, url=url, time=time)

    def readers(self, url: str, limit: int) -> list[tuple[TargetWrite, TargetInput]]:
        """Up to `limit` of the current writes that have read a URL, newest first, and what they have read of it."""
        rows = list(self._connection.execute(_READERS, {"url": url, "limit": limit}))
        writes = self._with_inputs(from_row(row, but=("read",)) for row in rows)
        return [(write, TargetInput(url, row.read)) for write, row in zip(writes, rows, strict=True)]

    def history(self, url: str, limit: int) -> list[TargetWrite]:
        """Up to `limit` writes of a URL, newest first."""
        return self._with_inputs(map(from_row, self._connection.execute(_OF_URL, {"url": url, "limit": limit})))

    def shown_as(self, shown: str) -> list[str]:
        """The URLs with something hidden that are shown like this, the one that was told last first."""
        first, *rest = pieces_shown(shown)
        if not rest:
            return []
        known = target_writes.c.url
        wanted = select(known).where(IS_CURRENT, known.between(first, first + _AFTER_ALL))
        wanted = wanted.where(*(known.contains(piece, autoescape=True) for piece in rest if piece))
        found = self._connection.execute(wanted.order_by(target_writes.c.id.desc())).scalars()
        return [url for url in dict.fromkeys(found) if url != shown and shown_url(url) == shown]

    def of_run(self, run_id: str) -> list[TargetWrite]:
        """All writes of a run, in the order in which they were told."""
        return self._with_inputs(map(from_row, self._connection.execute(_OF_RUN, {"run_id": run_id})))

    def of_id(self, write_id: int) -> TargetWrite | None:
        """One write, without its inputs."""
        row = self._connection.execute(_ALL.where(target_writes.c.id == write_id)).first()
        return None if row is None else from_row(row)

    def count_of_run(self, run_id: str) -> int:
        """How many writes of a run there are."""
        return int(self._connection.execute(_COUNT_OF_RUN, {"run_id": run_id}).scalar_one())

    def page(
        self,
        text: str,
        pipeline: str | None,
        run_id: str | None,
        before: int | None,
        limit: int,
        *,
        prefix: str = "",
    ) -> list[TargetWrite]:
        """Up to `limit` writes, without their inputs, the one told last first, of those told before the id `before`.

        The newest of each URL; of a run all that it has written. `prefix` is what URLs begin with.
        """
        wanted = _ALL.where(IS_CURRENT if run_id is None else target_writes.c.run_id == run_id)
        if text:
            wanted = wanted.where(_mentions(text))
        if prefix:
            wanted = wanted.where(target_writes.c.url.between(prefix, prefix + _AFTER_ALL))
        if pipeline is not None:
            wanted = wanted.where(target_writes.c.pipeline == pipeline)
        if before is not None:
            wanted = wanted.where(target_writes.c.id < before)
        newest = wanted.order_by(target_writes.c.id.desc()).limit(limit)
        return [from_row(row) for row in self._connection.execute(newest)]

    def neighbours(self, url: str) -> list[str]:
        """Known URLs that `url` may be a slip of: those next to it in its folder, else those of its name, else any."""
        folder, _, name = url.rstrip("/").rpartition("/")
        known = target_writes.c.url
        beside = _URLS.where(known.between(f"{folder}/", f"{folder}0")).limit(_NEIGHBOURS)  # 0 comes after /
        nearest = (beside.where(known < url).order_by(known.desc()), beside.where(known > url).order_by(known))
        found = [each for statement in nearest for each in self._connection.execute(statement).scalars()]
        for wanted in (_URLS.where(known.endswith(f"/{name}", autoescape=True)), _URLS):
            found = found or list(self._connection.execute(wanted.limit(_NEIGHBOURS)).scalars())
        return found

    def _first(self, statement: Select[Any], **asked: Any) -> TargetWrite | None:
        row = self._connection.execute(statement, {**asked, "limit": 1}).first()
        return None if row is None else self._with_inputs([from_row(row)])[0]

    def _with_inputs(self, writes: Iterable[TargetWrite]) -> list[TargetWrite]:
        found = list(writes)
        inputs: dict[int, list[TargetInput]] = {write.id: [] for write in found}
        ids = list(inputs)
        for start in range(0, len(ids), _CHUNK):
            for row in self._connection.execute(_INPUTS, {"ids": ids[start : start + _CHUNK]}):
                inputs[row.write_id].append(TargetInput(row.url, row.version))
        return [replace(write, inputs=tuple(inputs[write.id])) for write in found]


def _mentions(text: str) -> ColumnElement[bool]:
    """Whether a text is in a URL, or the family of who wrote it. Letters of ASCII are the same in both cases."""
    return or_(*(column.contains(text, autoescape=True) for column in (target_writes.c.url, target_writes.c.family)))
