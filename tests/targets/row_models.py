"""A small model of rows, and files of it, for several test files."""

from typing import Annotated

from pydantic import BaseModel, Field

from targets import open_target

SUFFIXES = ["csv", "jsonl", "parquet"]
HEADER = "name,level,height\n"


class Small(BaseModel):
    name: str
    level: Annotated[int, Field(ge=0, le=9)]
    height: float | None = None


def small(url, text, **options):
    """A file of these bytes, as rows."""
    with open_target(url, format="bytes").open("w") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return open_target(url, model=Small, **options)
