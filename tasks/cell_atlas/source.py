"""The real matrix that submissions are made of: `10x_pbmc68k_reduced.h5ad` in the wheel scanpy 1.11.5 (BSD-3) on PyPI.

700 blood cells of one healthy donor (Zheng et al. 2017) and 765 genes, with labels. The wheel is fetched and read as a
file; the package in it is never imported. Loads h5py and numpy.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from tasks.cell_atlas.errors import FetchFailed, WrongSource
from tasks.cell_atlas.matrices import Matrix

REQUIREMENT = "scanpy==1.11.5"
FILE_NAME = "scanpy-1.11.5-py3-none-any.whl"
SHA256 = "fcd383ddcf7acbf7c0ca232c25ad51b00aec9f8d2f7c8954b8c6ee0962257166"
MEMBER = "scanpy/datasets/10x_pbmc68k_reduced.h5ad"
#: Counts of a cell are scaled to this sum in the stored matrix, before log1p.
SCALED_TO = 10_000


@dataclass(frozen=True, kw_only=True)
class Source:
    """The matrix and what is known of its cells, one array element a cell; `genes` names the columns.

    `counts` are molecules of the 765 genes; `total_counts`, `genes_detected` and `mito_share` are of all genes that
    were sequenced. `stored` is the matrix as it lies in the file: normalised, log1p, rounded to three digits.
    """

    genes: list[str]
    barcodes: list[str]
    cell_types: list[str]
    total_counts: np.ndarray
    genes_detected: np.ndarray
    mito_share: np.ndarray
    counts: Matrix
    stored: Matrix


def fetch(destination: Path) -> None:
    """Download the wheel to `destination` with pip, which honours the machine's index, proxy and certificates.

    Raises FetchFailed with pip's own words.
    """
    with tempfile.TemporaryDirectory(prefix="scanpy-") as folder:
        pins = Path(folder, "requirements.txt")
        pins.write_text(f"{REQUIREMENT} --hash=sha256:{SHA256}\n", encoding="ascii")
        command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--no-deps"]
        command += ["--only-binary=scanpy", "--dest", folder, "--requirement", str(pins)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            reason = " ".join((done.stderr or done.stdout).strip().splitlines()[-4:])
            raise FetchFailed(requirement=REQUIREMENT, code=done.returncode, reason=reason)
        shutil.copyfile(Path(folder, FILE_NAME), destination)


def verify(path: Path) -> None:
    """Raise WrongSource unless the file is the pinned wheel, byte for byte."""
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != SHA256:
        raise WrongSource(path=path, expected=SHA256, actual=actual)


def read(wheel: Path) -> Source:
    """Read the matrix of the pinned wheel. Raises WrongSource for another file."""
    verify(wheel)
    with zipfile.ZipFile(wheel) as archive:
        data = io.BytesIO(archive.read(MEMBER))
    with h5py.File(data, "r") as file:
        cells, genes = file["obs"][:], [name.decode() for name in file["raw.var"]["index"]]
        kinds = [name.decode() for name in file["uns/bulk_labels_categories"][:]]
        stored = Matrix(
            shape=(len(cells), len(genes)),
            rows=np.repeat(np.arange(len(cells)), np.diff(file["raw.X/indptr"][:])),
            columns=file["raw.X/indices"][:].astype(np.int64),
            values=file["raw.X/data"][:].astype(np.float64),
        )
    totals = cells["n_counts"].astype(np.int64)
    return Source(
        genes=genes,
        barcodes=[name.decode() for name in cells["index"]],
        cell_types=[kinds[code] for code in cells["bulk_labels"]],
        total_counts=totals,
        genes_detected=cells["n_genes"],
        mito_share=cells["percent_mito"].astype(np.float64),
        counts=_counted(stored, totals),
        stored=stored,
    )


def _counted(stored: Matrix, totals: np.ndarray) -> Matrix:
    """The counts that the stored numbers were made of: whole numbers again, for three digits tell them apart."""
    counts = np.rint(np.expm1(stored.values) * totals[stored.rows] / SCALED_TO).astype(np.int64)
    order = np.lexsort((stored.columns, stored.rows))
    return Matrix(shape=stored.shape, rows=stored.rows[order], columns=stored.columns[order], values=counts[order])
