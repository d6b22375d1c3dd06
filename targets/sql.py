"""A partition of an SQL table, whose rows and marker are committed in one transaction.

The marker is a row of `target_markers`; `exists()` reads it. So a partition is there whole or not at all, an empty
partition can be there too, and of two writers of one partition one wins whole and the other is told.
"""

import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Generic, Literal, Self, TypeVar

import luigi
import sqlalchemy as sa
from pydantic import BaseModel, TypeAdapter, ValidationError

from targets.errors import AlreadyAppended, BadLayout, BadPartition, TargetMissing
from targets.foresight import Foreseen, view
from targets.provenance import desk
from targets.settings import targets as settings
from targets.sql_columns import table_of
from targets.sql_database import Database
from targets.sql_loading import load
from targets.sql_markers import MARKERS, Marker, MarkerRow, known_keys, now_utc
from targets.sql_names import parse_name, partition_key
from targets.sql_rows import BATCH_ROWS, Layout, SourceFailed
from targets.sql_trash import SqlTrash, of_partition
from targets.trashable import Trashable
from targets.writing import Published

Model = TypeVar("Model", bound=BaseModel)
Mode = Literal["replace", "append", "upsert"]


class SqlTarget(luigi.Target, Foreseen, Trashable, Generic[Model]):
    """The rows of `table` whose columns have the values of `partition`; the whole table where that is empty.

    `url` is an SQLAlchemy URL; `postgresql://` means psycopg 3 and needs the extra `postgres`. Columns and their types
    come from the fields of `model`; names of the partition that are no fields are columns too. `key` is the primary
    key. What a write does is said by `mode`:

    | mode | the rows written | written before |
    | --- | --- | --- |
    | `replace` | take the place of those of the partition | is replaced |
    | `append` | are added to what is there | AlreadyAppended, nothing changes |
    | `upsert` | are added, or take the place of those of the same `key`, of whatever partition | is done again |

    `wait_s`: seconds that a write waits for others. Raises BadSqlUrl, BadPartition and BadLayout; asks nothing yet.
    """

    def __init__(
        self,
        url: str | sa.URL,
        table: str,
        model: type[Model],
        *,
        partition: Mapping[str, Any] | None = None,
        mode: Mode = "replace",
        key: Sequence[str] = (),
        wait_s: float = 60.0,
    ) -> None:
        self.database = Database(url, wait_s)
        self.model = model
        self.mode = mode
        self.partition = {name: _typed(model, name, value) for name, value in (partition or {}).items()}
        kinds = tuple((name, type(value)) for name, value in self.partition.items())
        self.table = table_of(model, table, kinds, tuple(key))
        if mode not in ("replace", "append", "upsert"):
            raise BadLayout(table=table, model=model.__name__, reason=f"{mode!r} is not replace, append or upsert")
        if mode == "upsert" and not key:
            raise BadLayout(
                table=table, model=model.__name__, reason="an upsert needs the key by which rows are the same"
            )
        written = partition_key(self.partition)
        self.url = f"{self.database.name}#{table}{written and f'[{written}]'}"
        self._marker = MarkerRow(self.database, self.url, table, written)

    @classmethod
    def named(
        cls, name: str, model: type[Model], *, partition: Mapping[str, Any] | None = None, **options: Any
    ) -> Self:
        """The target of `dialect://host/database#table[column=value]`; `partition` comes on top of what it names."""
        database, table, texts = parse_name(name)
        return cls(database, table, model, partition={**texts, **(partition or {})}, **options)

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"<SqlTarget {self.url}>"

    def exists(self) -> bool:
        """Say whether the partition is there: one query. Raises what `Database.explain` tells."""
        known = view.answer(self.url) if view else None
        return self._marker.find() is not None if known is None else known

    def version(self) -> str | None:
        """Tells this content from another in its place; None where there is none."""
        found = self._marker.find()
        return None if found is None else found.version

    def row_count(self) -> int | None:
        """Rows that the last complete write put there; None where there is none."""
        found = self._marker.find()
        return None if found is None else found.row_count

    def provenance(self) -> dict[str, Any] | None:
        """Which task wrote it and from what, where that is kept beside the rows ([targets] provenance = beside)."""
        found = self._marker.find()
        return json.loads(found.provenance) if found and found.provenance else None

    def size(self) -> int | None:
        """None: databases do not say how many bytes some rows take."""
        return None

    def write(self, rows: Iterable[Any]) -> int:
        """Write `rows` and the marker in one transaction; gives the number of rows.

        Rows are models, mappings, or record batches of pyarrow; at most a few thousand are in memory at a time. The
        table is made where it lacks. Whatever is raised, also by `rows`, leaves rows and marker as they were:
        BadRow, RowRefused, TableDiffers, AlreadyAppended, PublishedMeanwhile where another writer of the partition was
        faster, and what `Database.explain` tells.
        """
        before = self._marker.find()
        if before is not None and self.mode == "append":
            raise AlreadyAppended(url=self.url, rows=before.row_count, time=before.written_at)
        layout = Layout(url=self.url, model=self.model, table=self.table, partition=self.partition)
        try:
            return self._write(before, layout.batches(rows))
        except SourceFailed as failed:
            raise failed.error from failed.error.__cause__

    def read(self) -> Iterator[Model]:
        """Give the rows one by one, all of one state of the table. Raises TargetMissing."""
        if self._marker.find() is None:
            raise TargetMissing(url=self.url)
        query = sa.select(self.table).where(*of_partition(self.table, self.partition)).order_by(*self.table.primary_key)
        with self.database.reading() as connection:
            version = connection.execute(sa.select(MARKERS.c.version).where(*self._marker.is_ours())).scalar()
            if version is None:
                raise TargetMissing(url=self.url)
            desk.read(self.url, version)
            fields = [(name, info.alias or name) for name, info in self.model.model_fields.items()]
            for row in connection.execution_options(yield_per=BATCH_ROWS).execute(query).mappings():
                yield self.model.model_validate({alias: row[name] for name, alias in fields})

    def remove(self) -> None:
        """Delete the partition's rows and its marker in one transaction; nothing where it is not there."""
        if (found := self._marker.find()) is not None:
            with self.database.writing() as connection:
                self._marker.delete(connection, found.version)
                self._delete_rows(connection)
            view.forget()

    @classmethod
    def existing(cls, targets: Sequence[Self]) -> list[bool]:
        """Say of each of `targets` whether it exists: one query for each table that they name."""
        groups = defaultdict(list)
        for target in targets:
            groups[target.database.address, target._marker.table].append(target)
        found: set[tuple[sa.URL, str, str]] = set()
        for (address, table), members in groups.items():
            keys = known_keys(members[0].database, table, {target._marker.key for target in members})
            found |= {(address, table, key) for key in keys}
        return [(target.database.address, target._marker.table, target._marker.key) in found for target in targets]

    def _write(self, before: Marker | None, batches: Iterator[Any]) -> int:
        self.database.prepare(MARKERS, self.table)
        version = secrets.token_hex(8)
        with self.database.writing() as connection:
            self._marker.claim(connection, None if before is None else before.version, version, now_utc())
            if self.mode == "replace":
                self._delete_rows(connection)
            upsert = self.mode == "upsert"
            count = load(connection, self.table, batches, upsert=upsert, copies=self.database.copies)
            record = desk.record(self.url, Published(version=version, size=0, sha256=""), rows=count)
            beside = record is not None and settings().provenance == "beside"
            self._marker.settle(connection, version, count, json.dumps(record.to_json()) if record and beside else None)
        view.published(self.url)
        desk.tell(record)
        return count

    def _delete_rows(self, connection: sa.Connection) -> None:
        connection.execute(sa.delete(self.table).where(*of_partition(self.table, self.partition)))

    def _trash(self, operation: str) -> SqlTrash:
        return SqlTrash(self.database, self._marker, self.table, self.partition, operation)


def _typed(model: type[BaseModel], name: str, value: Any) -> Any:
    """A value of the partition as the field of that name has it."""
    if name not in model.model_fields:
        return value
    try:
        return _judge(model, name).validate_python(value)
    except ValidationError as error:
        raise BadPartition(value=f"{name}={value}") from error


@cache
def _judge(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    """Slow to make, and partitions come by the thousand."""
    return TypeAdapter(model.model_fields[name].rebuild_annotation())
