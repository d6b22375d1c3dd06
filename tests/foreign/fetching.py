"""What the tests fetch with pip, once per machine and user, in exact versions; nothing of it is stored here."""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest
from flights_archive import locked

ROOT = Path(__file__).parents[2]
CACHE = Path(tempfile.gettempdir(), f"luigi-trigger-tests-{os.getuid()}")
#: Bytes of pip's words that are told when it fails.
_TOLD = 2000


def luigi_source(version="3.8.1"):
    """The folder of Luigi's source distribution, with its `examples` and its own tests in `test`."""
    folder = CACHE / f"luigi-{version}"
    with locked(folder.with_suffix(".lock")):
        if not (folder / "test").is_dir():
            with tempfile.TemporaryDirectory(dir=CACHE) as fresh:
                options = ["--no-binary", ":all:", "--no-deps", "--dest", fresh]
                _pip(sys.executable, "download", *options, f"luigi=={version}")
                with tarfile.open(Path(fresh, f"luigi-{version}.tar.gz")) as archive:
                    archive.extractall(CACHE, filter="data")
    return folder


def environment_with(*requirements):
    """A virtual environment with these packages and this checkout; gives its folder of commands."""
    basis = "".join(path.read_text() for path in (ROOT / "setup.py", ROOT / "constraints.txt"))
    digest = hashlib.sha256(repr((requirements, str(ROOT), sys.version, basis)).encode()).hexdigest()[:12]
    folder = CACHE / f"venv-{digest}"
    with locked(folder.with_suffix(".lock")):
        if not (folder / "complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
            constraint = ["--constraint", str(ROOT / "constraints.txt")]
            _pip(folder / "bin" / "python", "install", *constraint, *requirements, "--editable", str(ROOT))
            (folder / "complete").touch()
    return folder / "bin"


def _pip(python, *arguments):
    """Run pip; without a package index the test is skipped, and fails where CI=true."""
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return
    told = f"pip {' '.join(arguments)} failed: {done.stderr[-_TOLD:]}"
    if os.environ.get("CI") == "true":
        pytest.fail(told)
    pytest.skip(told)
