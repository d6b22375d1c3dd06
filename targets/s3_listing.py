"""Which of many keys of a bucket exist, and their sizes, by listing: a thousand keys a request rather than one each.

What the keys in question have in common is listed. Where too much else lies there, they are divided by the character
after that, and each part is tried in the same way; a few keys are asked for one by one. A key is only said to be
missing when its listing came to the end: servers do not agree on the order of keys, nor on where a listing may begin.
"""

import os.path
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from targets.s3_object import S3Object

#: Keys from which on a listing is tried: a page of a thousand keys takes S3 as long as a few single questions.
WORTH_LISTING = 6
#: Keys in question for which one more page is read before they are divided.
KEYS_A_PAGE = 500
#: Requests that are under way at a time.
TOGETHER = 16


class Keys(Protocol):
    """The keys of one bucket."""

    def size(self, key: str) -> int | None:
        """Bytes; None where there is none: the answer that listings have to give too."""
        ...

    def listed(self, prefix: str, token: str) -> dict[str, Any]:
        """What `list_objects_v2` answers of what begins with `prefix`, from where `token` has ended."""
        ...

    def shown_by(self, listed: str) -> Iterable[str]:
        """The keys that exist because `listed` does."""
        ...


class ObjectKeys:
    """Of objects that exist under exactly their keys."""

    def __init__(self, any_object: S3Object) -> None:
        self._object = any_object

    def size(self, key: str) -> int | None:
        found = self._object.other(key).head()
        return found.size if found else None

    def listed(self, prefix: str, token: str) -> dict[str, Any]:
        return self._object.listed(prefix, token)

    def shown_by(self, listed: str) -> Iterable[str]:
        return (listed,)


def existing_keys(bucket: Keys, keys: Iterable[str]) -> dict[str, int]:
    """Give those of `keys` that exist, with their bytes. Raises what the bucket raises."""
    found: dict[str, int] = {}
    groups = [sorted(set(keys))]

    def look(group: Sequence[str]) -> tuple[dict[str, int], bool]:
        return _listed(bucket, group)

    with ThreadPoolExecutor(TOGETHER) as threads:
        while groups:
            few = [key for group in groups if len(group) < WORTH_LISTING for key in group]
            many = [group for group in groups if len(group) >= WORTH_LISTING]
            sizes = zip(few, threads.map(bucket.size, few), strict=True)
            found |= {key: size for key, size in sizes if size is not None}
            groups = []
            for group, (seen, whole) in zip(many, threads.map(look, many), strict=True):
                found |= seen
                groups += [] if whole else _divided(group, seen)
    return found


def _listed(bucket: Keys, keys: Sequence[str]) -> tuple[dict[str, int], bool]:
    """Those of the keys that some pages of what begins as they do have shown, and whether that was all there is."""
    asked = set(keys)
    found: dict[str, int] = {}
    prefix, token = os.path.commonprefix(keys), ""  # noqa: RUF071 - by characters: keys have no folders
    for _ in range(1 + len(asked) // KEYS_A_PAGE):
        page = bucket.listed(prefix, token)
        for each in page.get("Contents", ()):
            found |= {key: each["Size"] for key in bucket.shown_by(each["Key"]) if key in asked}
        token = page.get("NextContinuationToken", "")
        if not token or len(found) == len(asked):
            return found, True
    return found, False


def _divided(keys: Sequence[str], found: Collection[str]) -> list[list[str]]:
    """Those that were not found, by their first character that is not common to all `keys`."""
    common = len(os.path.commonprefix(keys))  # noqa: RUF071 - as above
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        if key not in found:
            parts[key[common : common + 1]].append(key)
    return list(parts.values())
