"""What tables and their partitions are called: `dialect://host/database#table[column=value,...]`.

Such a name never holds a secret: neither user nor password, nor options of the connection.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from targets.errors import BadPartition, BadSqlUrl

_NAME = re.compile(r"(?P<database>.+)#(?P<table>[^#\[\]]+)(?:\[(?P<partition>[^#\[\]]*)\])?")
_TO_ESCAPE = re.compile(r"[%,=\[\]#\x00-\x1f\x7f]")
#: The psycopg of this project: what a URL without a driver means.
_DRIVER = "postgresql+psycopg"


def parse_name(name: str) -> tuple[str, str, dict[str, str]]:
    """Take a name apart: URL of the database, table, texts of the partition. Raises BadSqlUrl."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise BadSqlUrl(url=_without_secrets(name), reason="it must end with #table or #table[column=value,...]")
    parts = [part.partition("=") for part in (found["partition"] or "").split(",") if part]
    return found["database"], found["table"], {column: unquote(text) for column, _, text in parts}


@cache
def parse_address(url: str | sa.URL) -> sa.URL:
    """Understand the URL of a database. Raises BadSqlUrl, which does not repeat the password."""
    try:
        address = sa.make_url(url)
        if address.drivername in ("postgres", "postgresql"):
            return address.set(drivername=_DRIVER)
        address.get_dialect()
    except (SQLAlchemyError, ValueError, ImportError) as error:
        reason = f"{type(error).__name__}: {error}".replace(str(url), "it")
        raise BadSqlUrl(url=_without_secrets(str(url)), reason=reason) from None
    if address.get_backend_name() == "sqlite" and sqlite_path(address) is None:
        raise BadSqlUrl(url=str(url), reason="a database in memory is gone with its connection; name a file")
    return address


@cache
def name_of_database(address: sa.URL) -> str:
    """Give the URL of a database as it may be shown: an absolute path, or host, port and database."""
    path = sqlite_path(address)
    host = {"host": address.query["host"]} if "host" in address.query else {}
    shown = sa.URL.create(
        address.get_backend_name(),
        host=address.host,
        port=address.port,
        database=str(path) if path else address.database,
        query=host,
    )
    return shown.render_as_string()


def partition_key(partition: Mapping[str, Any]) -> str:
    """Give `column=value,...`; empty for a whole table."""
    return ",".join(f"{column}={_escaped(text_of(value))}" for column, value in partition.items())


def plain(value: Any) -> Any:
    """Give a value as databases take it: that of a member of an Enum."""
    return value.value if isinstance(value, Enum) else value


def text_of(value: Any) -> str:
    """Give a value of a partition as text. Raises BadPartition for one that has no text of its own."""
    value = plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, str | int | UUID):
        return str(value)
    raise BadPartition(value=value)


def sqlite_path(address: sa.URL) -> Path | None:
    """Give the absolute path of an SQLite database; None for any other, and for one in memory."""
    in_file = address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:")
    return Path(str(address.database)).absolute() if in_file else None


def _escaped(text: str) -> str:
    return _TO_ESCAPE.sub(lambda found: f"%{ord(found[0]):02X}", text)


def _without_secrets(url: str) -> str:
    """Leave out what stands before an @, and after a question mark."""
    return re.sub(r"//.*@", "//", url).partition("?")[0]
