"""Submissions as they lie in the drop, a folder or a bucket: which there are, and what their files hold."""

import hashlib
import re

from targets import open_target
from targets.listing import list_files
from tasks.cell_atlas.errors import NoSubmission
from tasks.cell_atlas.settings import cell_atlas, in_drop

METADATA, MATRIX, CELLS, GENES = "metadata.json", "matrix.mtx.gz", "cells.csv", "genes.csv"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def fingerprint_of(document: bytes) -> str:
    """The name of a submission's content: its metadata document holds the checksums of everything else."""
    return hashlib.sha256(document).hexdigest()[:16]


def read_file(submission: str, name: str) -> bytes | None:
    """The bytes of one file of a submission; None where there is none."""
    target = open_target(in_drop(submission, name), format="bytes")
    if not NAME.fullmatch(submission) or not target.exists():
        return None
    with target.open("r") as file:
        return file.read()


def current_fingerprint(submission: str) -> str:
    """The fingerprint of a submission that is there. Raises NoSubmission where none is of that name."""
    document = read_file(submission, METADATA)
    if document is None:
        raise NoSubmission(url=in_drop(submission, METADATA), submission=submission)
    return fingerprint_of(document)


def submissions() -> list[str]:
    """The names of all that are there: of the folders whose metadata document has been placed, which is done last."""
    paths = (path.split("/") for path in list_files(cell_atlas().drop))
    found = (path[0] for path in paths if len(path) == 2 and path[1] == METADATA)
    return sorted(name for name in found if NAME.fullmatch(name))
