"""The beginning of a target, read by its own code and told as what a person can look at: a table, a text, a picture."""

from __future__ import annotations

import base64
import contextlib
import csv
import io
from itertools import islice
from typing import Any, BinaryIO, Callable, Dict, Iterable, List, Sequence, Tuple

#: Bytes of a text that are told, of a page, a picture, and of a file of Parquet that is looked into.
TEXT, PAGE, PICTURE, PARQUET = 64 << 10, 1 << 20, 2 << 20, 64 << 20
#: Rows and columns of a table, and characters of a cell.
ROWS, COLUMNS, CELL = 50, 60, 500
#: By the end of a name: what kind of picture it is.
_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
_SEPARATORS = {".csv": ",", ".tsv": "\t"}

Preview = Dict[str, Any]


def preview_of(name: str, target: Any, opened: Callable[[], Any]) -> Preview:
    """`kind` (table, text, page, picture, bytes) and what belongs to it; `opened` opens the bytes of the target."""
    if callable(getattr(target, "read", None)) and not hasattr(target, "open"):
        return _of_rows(target)
    lower = name.lower()
    ending = next((end for end in (*_PICTURES, *_SEPARATORS, ".parquet", ".html", ".htm") if lower.endswith(end)), "")
    with contextlib.closing(opened()) as file:
        if ending == ".parquet":
            return _of_parquet(file)
        if ending in _PICTURES:
            return _of_picture(file, _PICTURES[ending])
        content, more = _head(file, PAGE if ending in (".html", ".htm") else TEXT)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        if error.start < len(content) - 4 or not more:  # else the cut is in the middle of a character
            return {"kind": "bytes", "text": content[:64].hex(" "), "more": True}
        text = content[: error.start].decode()
    if ending in _SEPARATORS:
        return _of_lines(text, _SEPARATORS[ending], more)
    return {"kind": "page" if ending else "text", "text": text, "more": more}


def _head(file: Any, most: int) -> Tuple[bytes, bool]:
    """At most so many bytes of the beginning, and whether there are more."""
    content = b""
    while len(content) <= most:
        block = file.read(most + 1 - len(content))
        if not block:
            break
        content += block.encode() if isinstance(block, str) else block
    return content[:most], len(content) > most


def _of_lines(text: str, separator: str, more: bool) -> Preview:
    if more:  # the last line may not be whole
        text = text[: text.rfind("\n") + 1]
    rows = list(islice(csv.reader(io.StringIO(text), delimiter=separator), ROWS + 2))
    return _table(rows[0] if rows else [], rows[1:], more)


def _of_parquet(file: BinaryIO) -> Preview:
    import pyarrow.parquet  # noqa: PLC0415 (slow to import, and many projects have none)

    content, more = _head(file, PARQUET)
    if more:
        return {"kind": "bytes", "text": f"more than {PARQUET >> 20} MiB, which is not looked into", "more": True}
    whole = pyarrow.parquet.ParquetFile(io.BytesIO(content))
    names = whole.schema_arrow.names
    batch = next(whole.iter_batches(batch_size=ROWS, columns=names[:COLUMNS]), None)
    rows = [] if batch is None else [list(row.values()) for row in batch.to_pylist()]
    told = _table(names, rows, whole.metadata.num_rows > ROWS)
    return {**told, "total": whole.metadata.num_rows}


def _of_rows(target: Any) -> Preview:
    rows: List[Any] = list(islice(target.read(), ROWS + 1))
    plain = [row if isinstance(row, dict) else dict(row) for row in rows]  # a pydantic model gives its fields as pairs
    names = list(plain[0]) if plain else []
    return _table(names, ([row.get(name) for name in names] for row in plain), False)


def _of_picture(file: BinaryIO, media: str) -> Preview:
    content, more = _head(file, PICTURE)
    if more:
        return {"kind": "bytes", "text": f"a picture of more than {PICTURE >> 20} MiB", "more": True}
    return {"kind": "picture", "media": media, "base64": base64.b64encode(content).decode()}


def _table(names: Sequence[Any], rows: Iterable[Sequence[Any]], more: bool) -> Preview:
    all_rows = list(rows)
    return {
        "kind": "table",
        "columns": [str(name)[:CELL] for name in names[:COLUMNS]],
        "rows": [[None if cell is None else str(cell)[:CELL] for cell in row[:COLUMNS]] for row in all_rows[:ROWS]],
        "left_out": max(0, len(names) - COLUMNS),
        "more": more or len(all_rows) > ROWS,
    }
