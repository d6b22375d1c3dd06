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
    return source_of(f"luigi=={version}")


def source_of(requirement):
    """The folder of a package's source distribution."""
    folder = CACHE / requirement.replace("==", "-")
    with locked(folder.parent / f"{folder.name}.lock"):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=CACHE) as fresh:
                options = ["--no-binary", ":all:", "--no-deps", "--dest", fresh]
                _pip(sys.executable, "download", *options, requirement)
                with tarfile.open(Path(fresh, f"{folder.name}.tar.gz")) as archive:
                    archive.extractall(fresh, filter="data")
                Path(fresh, folder.name).rename(folder)
    return folder


def environment_with(*requirements):
    """A virtual environment with these packages and this checkout; gives its folder of commands."""
    basis = "".join(path.read_text() for path in (ROOT / "setup.py", ROOT / "constraints.txt"))
    constraint = ["--constraint", str(ROOT / "constraints.txt")]
    return _environment((basis, str(ROOT)), *constraint, *requirements, "--editable", str(ROOT))


def environment_of(requirement):
    """A virtual environment in which nothing was asked for but one package; gives its folder of commands."""
    return _environment((), requirement)


def _environment(basis, *wanted):
    digest = hashlib.sha256(repr((wanted, basis, sys.version)).encode()).hexdigest()[:12]
    folder = CACHE / f"venv-{digest}"
    with locked(folder.with_suffix(".lock")):
        if not (folder / "complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
            _pip(folder / "bin" / "python", "install", *wanted)
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
