"""What may be wrong with a submission: each fault spoils the files of a good one in one way.

A fault takes the files (name -> bytes) and the metadata (a dictionary), and gives the files as they are described and
the files as they are placed; it may change the metadata.
"""

from collections.abc import Callable

Files = dict[str, bytes]


def checksum(files: Files, _metadata: dict) -> tuple[Files, Files]:
    """A bit of the matrix flipped after its checksum was taken."""
    data = bytearray(files["matrix.mtx.gz"])
    data[len(data) // 2] ^= 1
    return files, files | {"matrix.mtx.gz": bytes(data)}


def missing(files: Files, _metadata: dict) -> tuple[Files, Files]:
    """The table of genes never arrived."""
    return files, {name: data for name, data in files.items() if name != "genes.csv"}


def schema(files: Files, metadata: dict) -> tuple[Files, Files]:
    """A genome that the atlas does not know, an age in words, and no tissue."""
    metadata["genome"] = "hg18"
    metadata["donor"]["age_years"] = "about forty"
    del metadata["tissue"]
    return files, files


def shape(files: Files, _metadata: dict) -> tuple[Files, Files]:
    """The last cell is not in the table of cells."""
    lines = files["cells.csv"].splitlines(keepends=True)
    return _both(files | {"cells.csv": b"".join(lines[:-1])})


def gene(files: Files, _metadata: dict) -> tuple[Files, Files]:
    """A gene whose name a spreadsheet took for a date."""
    lines = files["genes.csv"].splitlines(keepends=True)
    lines[1] = b"2-Sep\n"
    return _both(files | {"genes.csv": b"".join(lines)})


def duplicate(files: Files, _metadata: dict) -> tuple[Files, Files]:
    """The second cell has the barcode of the first."""
    lines = files["cells.csv"].split(b"\n")
    lines[2] = b",".join([lines[1].split(b",", 1)[0], lines[2].split(b",", 1)[1]])
    return _both(files | {"cells.csv": b"\n".join(lines)})


def truncated(files: Files, _metadata: dict) -> tuple[Files, Files]:
    """The second half of the compressed matrix is gone, before its checksum was taken."""
    data = files["matrix.mtx.gz"]
    return _both(files | {"matrix.mtx.gz": data[: len(data) // 2]})


def _both(files: Files) -> tuple[Files, Files]:
    return files, files


FAULTS: dict[str, Callable[[Files, dict], tuple[Files, Files]]] = {
    each.__name__: each for each in (checksum, missing, schema, shape, gene, duplicate, truncated)
}
