"""Stock Luigi's S3Target, asked in bulk: for tasks that keep it, import it from here rather than luigi.contrib.s3.

Nothing else is changed, but that targets which are given no client share one in a process: stock makes one for each.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Self

import luigi.contrib.s3
import luigi.format

from targets.foresight import Foreseen, view
from targets.s3_listing import existing_keys

_MARKER = "_$folder$"


class S3Target(luigi.contrib.s3.S3Target, Foreseen):
    """As `luigi.contrib.s3.S3Target`; plans and runs ask for many of them by listings."""

    def __init__(
        self, path: str, format: luigi.format.Format | None = None, client: Any = None, **options: Any
    ) -> None:
        super().__init__(path, format, client or _shared_client(os.getpid()), **options)

    @property
    def url(self) -> str:
        """`s3://bucket/key`."""
        return str(self.path)

    def exists(self) -> bool:
        """As stock: whether there is an object, or anything below it as if it were a folder."""
        known = view.answer(self.url) if view else None
        return bool(super().exists()) if known is None else known

    @classmethod
    def existing(cls, targets: Sequence[Self]) -> list[bool]:
        """Say of each of `targets` whether it exists, by listings."""
        buckets: defaultdict[tuple[int, str], dict[str, Self]] = defaultdict(dict)
        places = [(id(target.fs), *target.fs._path_to_bucket_and_key(target.path)) for target in targets]
        for (client, bucket, key), target in zip(places, targets, strict=True):
            buckets[client, bucket][key] = target
        found = {
            where: existing_keys(StockKeys(next(iter(members.values())).fs, where[1]), filter(None, members))
            for where, members in buckets.items()
        }
        return [not key or key in found[client, bucket] for client, bucket, key in places]

    def open(self, mode: str = "r") -> Any:
        """As stock."""
        view.doubt(self.url)
        return super().open(mode)

    def remove(self) -> None:
        """As stock."""
        super().remove()
        view.forget()


class StockKeys:
    """A key exists for stock Luigi if there is an object, a marker of a folder, or anything below it."""

    def __init__(self, client: luigi.contrib.s3.S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def size(self, key: str) -> int | None:
        return 0 if self._client.exists(f"s3://{self._bucket}/{key}") else None

    def listed(self, prefix: str, token: str) -> dict[str, Any]:
        more = {"ContinuationToken": token} if token else {}
        answer: dict[str, Any] = self._client.s3.meta.client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **more)
        return answer

    def shown_by(self, listed: str) -> Iterable[str]:
        return _with_folders(listed)


def _with_folders(key: str) -> Iterator[str]:
    yield key
    yield key.removesuffix(_MARKER)
    while "/" in key:
        yield key[: key.rfind("/") + 1]
        key = key[: key.rfind("/")]
        yield key


@cache
def _shared_client(_process: int) -> luigi.contrib.s3.S3Client:
    return luigi.contrib.s3.S3Client()
