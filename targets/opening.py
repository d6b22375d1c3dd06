"""The one way to name data: a URL, or a plain path, becomes the target of its storage."""

from typing import Any
from urllib.parse import unquote, urlsplit

import luigi
import luigi.format

from targets.errors import ExtraMissing, UnknownScheme
from targets.local import AtomicLocalTarget
from targets.memory import MemoryTarget

#: Names of formats of bytes and text; any `luigi.format.Format` is taken too.
BYTES_AND_TEXT = {"bytes": luigi.format.Nop, "text": luigi.format.UTF8}


def open_target(url: Any, *, format: luigi.format.Format | str | None = None, model: Any = None, **options: Any) -> Any:
    """Give the target that `url` names; nothing is read, written or asked for yet.

    | url | target |
    | --- | --- |
    | a path (text or Path), `file:///path` | AtomicLocalTarget |
    | `memory://name` | MemoryTarget, for tests |
    | `s3://bucket/key` | S3Target |
    | any of these with `/` at its end | FolderTarget |
    | any of these files, with a `model` (pydantic) | RowTarget: typed rows as CSV, JSON Lines or Parquet |
    | `sqlite:///file.db#table`, `postgresql://host/db#table[day=2013-01-01]`, with a `model` | SqlTarget |

    `format` is a `luigi.format.Format`, `"text"` (UTF-8) or `"bytes"`; of rows `"csv"`, `"jsonl"` or `"parquet"`, else
    the suffix says it. `options` go to the target. Raises UnknownScheme; with a model, what RowTarget raises, and
    ExtraMissing where pyarrow is not installed.
    """
    if is_sql(str(url)):
        from targets.sql import SqlTarget  # noqa: PLC0415 - slow to import

        return SqlTarget.named(str(url), model=model, **options)
    if str(url).endswith("/"):
        from targets.folder import FolderTarget  # noqa: PLC0415 - which opens its files here

        return FolderTarget(url, format=format, **options)
    if model is not None:
        return _rows(str(url))(str(url), model, format, **options)
    return open_file(str(url), BYTES_AND_TEXT[format] if isinstance(format, str) else format, **options)


def is_sql(url: str) -> bool:
    """Whether `url` names a table of a database."""
    scheme, separator, rest = url.partition("://")
    return bool(separator) and "#" in rest and scheme not in ("file", "memory", "s3")


def open_file(url: str, format: luigi.format.Format | None = None, **options: Any) -> Any:
    """Give the target of one file, in whatever storage: it has `open`, `exists`, `remove`, `url`, `version`."""
    if "://" not in url:
        return AtomicLocalTarget(url, format=format, **options)
    scheme = urlsplit(url).scheme
    match scheme:
        case "file":
            return AtomicLocalTarget(unquote(urlsplit(url).path), format=format, **options)
        case "memory":
            return MemoryTarget(url, format=format, **options)
        case "s3":
            from targets.s3 import S3Target  # noqa: PLC0415 - boto3 is slow to import

            return S3Target(url, format=format, **options)
    raise UnknownScheme(url=url, scheme=f"{scheme}://", known="file://, memory:// and s3://")


def _rows(url: str) -> Any:
    try:
        from targets.rows import RowTarget  # noqa: PLC0415 - only who asks for rows pays for pyarrow and pydantic
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        raise ExtraMissing(url=url, package="pyarrow", extra="rows") from None
    return RowTarget


def join(root: Any, *parts: str) -> str:
    """Give the name of what lies below `root`, a folder or a URL."""
    return "/".join((str(root).rstrip("/"), *parts))
