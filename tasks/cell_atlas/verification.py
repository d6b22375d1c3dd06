"""Whether a submission is as it should be: its metadata, its files, and what the files say of each other.

Nothing here raises because of what a submission holds: everything wrong is found at once, each as a Problem. Loads
numpy and jsonschema.
"""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import jsonschema
import numpy as np
from pydantic import ValidationError

from tasks.cell_atlas.drop import CELLS, GENES, MATRIX, METADATA, fingerprint_of
from tasks.cell_atlas.errors import BadMatrix
from tasks.cell_atlas.matrices import Matrix, unpack
from tasks.cell_atlas.models import Problem, SubmittedCell, Verdict

SCHEMA = Path(__file__).with_name("metadata.schema.json")
PANEL = Path(__file__).with_name("panel.txt")
#: Examples that the words of one problem name.
MOST_EXAMPLES = 3

#: Gives the bytes of a file of the submission; None where there is none.
Read = Callable[[str], bytes | None]


def panel() -> list[str]:
    """The genes that the atlas knows, in the order of its columns."""
    return PANEL.read_text(encoding="ascii").split()


def verify(submission: str, fingerprint: str, read: Read) -> Verdict:
    """Look at a whole submission. The files are looked into only where the metadata is as it should be."""
    document = read(METADATA) or b""
    if fingerprint_of(document) != fingerprint:
        detail = f"its fingerprint is {fingerprint_of(document)}, it was listed with {fingerprint}"
        return _verdict(submission, fingerprint, [Problem(file=METADATA, code="changed", detail=detail)])
    metadata, problems = read_metadata(document, submission)
    if problems:
        return _verdict(submission, fingerprint, problems, donor=donor_of(metadata))
    contents = {}
    for name, described in metadata["files"].items():
        data = read(name)
        found = list(check_file(name, data, described))
        problems += found
        if not found:
            contents[name] = data
    cells, genes = read_cells(contents.get(CELLS), problems), read_genes(contents.get(GENES), problems)
    matrix = read_counts(contents.get(MATRIX), problems)
    problems += check_shape(matrix, cells, genes)
    return _verdict(
        submission, fingerprint, problems, donor=donor_of(metadata), cells=len(cells or ()), genes=len(genes or ())
    )


def read_metadata(document: bytes, submission: str) -> tuple[dict, list[Problem]]:
    """The metadata document, as far as it is one, and what is wrong with it."""
    try:
        metadata = json.loads(document)
    except ValueError as error:
        return {}, [Problem(file=METADATA, code="schema", detail=f"not JSON: {error}")]
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    problems = [
        Problem(file=METADATA, code="schema", detail=f"{error.json_path}: {error.message[:200]}")
        for error in sorted(checker.iter_errors(metadata), key=lambda error: error.json_path)
    ]
    metadata = metadata if isinstance(metadata, dict) else {}
    named = metadata.get("submission")
    if not problems and named != submission:
        detail = f"$.submission: {named!r} lies in the folder {submission!r}"
        problems.append(Problem(file=METADATA, code="schema", detail=detail))
    return metadata, problems


def donor_of(metadata: dict) -> str:
    """The donor's id, as far as the metadata names one."""
    donor = metadata.get("donor")
    named = donor.get("id") if isinstance(donor, dict) else None
    return named if isinstance(named, str) else ""


def check_file(name: str, data: bytes | None, described: dict) -> Iterable[Problem]:
    """Compare one file with what the metadata says of it: at most one problem."""
    if data is None:
        yield Problem(file=name, code="missing", detail="the metadata names it, but it is not there")
    elif len(data) != described["size"]:
        yield Problem(file=name, code="size", detail=f"{len(data)} bytes, the metadata says {described['size']}")
    elif (actual := hashlib.sha256(data).hexdigest()) != described["sha256"]:
        detail = f"its SHA-256 is {actual[:12]}..., the metadata says {described['sha256'][:12]}..."
        yield Problem(file=name, code="checksum", detail=detail)


def read_cells(data: bytes | None, problems: list[Problem]) -> list[SubmittedCell] | None:
    """The table of cells; None where it cannot be read. What is wrong goes to `problems`."""
    rows = _rows(CELLS, data, tuple(SubmittedCell.model_fields), problems)
    if rows is None:
        return None
    cells, bad = [], []
    for line, row in enumerate(rows, start=2):
        try:
            cells.append(SubmittedCell.model_validate(row))
        except ValidationError as error:
            bad += [f"line {line}, {each['loc'][0]}: {each['msg']}, not {each['input']!r}" for each in error.errors()]
    if bad:
        problems.append(Problem(file=CELLS, code="value", detail=_some(bad)))
        return None
    twice = _repeated(cell.barcode for cell in cells)
    if twice:
        problems.append(Problem(file=CELLS, code="duplicate", detail=f"more than one cell has {_some(twice)}"))
    return cells


def read_genes(data: bytes | None, problems: list[Problem]) -> list[str] | None:
    """The names of the columns; None where the table cannot be read. What is wrong goes to `problems`."""
    rows = _rows(GENES, data, ("gene",), problems)
    if rows is None:
        return None
    genes = [row["gene"] for row in rows]
    unknown = sorted(set(genes) - set(panel()))
    if unknown:
        problems.append(Problem(file=GENES, code="unknown-gene", detail=f"the genome has no {_some(unknown)}"))
    twice = _repeated(genes)
    if twice:
        problems.append(Problem(file=GENES, code="duplicate", detail=f"more than one column is {_some(twice)}"))
    return genes


def read_counts(data: bytes | None, problems: list[Problem]) -> Matrix | None:
    """The matrix; None where it cannot be read. What is wrong goes to `problems`."""
    if data is None:
        return None
    try:
        matrix = unpack(data)
    except BadMatrix as error:
        problems.append(Problem(file=MATRIX, code="unreadable", detail=str(error)))
        return None
    if not np.issubdtype(matrix.values.dtype, np.integer) or (matrix.values < 0).any():
        problems.append(Problem(file=MATRIX, code="value", detail="counts are whole numbers, none below 0"))
    return matrix


def check_shape(
    matrix: Matrix | None, cells: Sequence[SubmittedCell] | None, genes: Sequence[str] | None
) -> Iterable[Problem]:
    """Compare the matrix with the tables that name its rows and columns, as far as there are any."""
    if matrix is None or cells is None or genes is None:
        return
    if matrix.shape != (len(cells), len(genes)):
        detail = f"{matrix.shape[0]} x {matrix.shape[1]}, the tables name {len(cells)} cells and {len(genes)} genes"
        yield Problem(file=MATRIX, code="shape", detail=detail)
        return
    totals = np.array([cell.total_counts for cell in cells])
    over = [cells[row].barcode for row in np.flatnonzero(matrix.row_sums() > totals)]
    if over:
        detail = f"counts more molecules than total_counts of {_some(over)}"
        yield Problem(file=MATRIX, code="totals", detail=detail)


def _rows(name: str, data: bytes | None, columns: tuple[str, ...], problems: list[Problem]) -> list[dict] | None:
    if data is None:
        return None
    try:
        lines = csv.DictReader(io.StringIO(data.decode()), restkey="more", strict=True)
        found, rows = tuple(lines.fieldnames or ()), list(lines)
    except (UnicodeDecodeError, csv.Error) as error:
        problems.append(Problem(file=name, code="unreadable", detail=f"not CSV in UTF-8: {error}"))
        return None
    if found != columns:
        detail = f"its columns are {', '.join(found)}; expected {', '.join(columns)}"
        problems.append(Problem(file=name, code="columns", detail=detail))
        return None
    return rows


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - MOST_EXAMPLES} more" if len(texts) > MOST_EXAMPLES else ""
    return "; ".join(texts[:MOST_EXAMPLES]) + more


def _verdict(submission: str, fingerprint: str, problems: list[Problem], **known) -> Verdict:
    return Verdict(submission=submission, fingerprint=fingerprint, problems=tuple(problems), **known)
