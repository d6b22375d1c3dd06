"""Small tables as the bytes of a CSV file, with the names of a model's fields as its head."""

import csv
import io
from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel

Row = TypeVar("Row", bound=BaseModel)


def write_table(model: type[BaseModel], rows: Iterable[BaseModel]) -> bytes:
    """Make a table of rows of a model."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(model.model_fields)
    lines.writerows(row.model_dump().values() for row in rows)
    return text.getvalue().encode()


def read_table(model: type[Row], table: bytes) -> list[Row]:
    """Give the rows of a table. Raises pydantic's ValidationError for one that is none."""
    return [model.model_validate(row) for row in csv.DictReader(io.StringIO(table.decode()))]
