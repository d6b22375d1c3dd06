import fcntl
import os
import sys
from pathlib import Path

import pytest
from commands import call, needs

ROOT = Path(__file__).parents[2]
PACKAGES = "python3,python3-venv,ca-certificates,systemd,systemd-sysv,dbus"


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    """A folder that all processes of a test run share, and which one of them at a time may fill."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "deploy"
    folder.mkdir(exist_ok=True)
    return folder


def made_once(folder, name, make):
    """`folder / name`, made by `make(path)` unless another process has."""
    path = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            beside = folder / f"{name}.making"
            make(beside)
            beside.rename(path)
    return path


@pytest.fixture(scope="session")
def debian(shared_folder):
    """The root folder of a Debian with Python and systemd."""
    needs("debootstrap")
    include = f"--include={PACKAGES}"

    def make(path):
        call("debootstrap", "--variant=minbase", include, "bookworm", path)

    return made_once(shared_folder, "debian", make)


@pytest.fixture(scope="session")
def wheels(shared_folder):
    """A folder with wheels of the product and all that it needs, fetched as pip is configured here."""

    def make(path):
        constraint = ["--constraint", ROOT / "constraints.txt"]
        needed = [ROOT, "setuptools>=69", "wheel"]
        call(sys.executable, "-m", "pip", "wheel", "--quiet", *constraint, "-w", path, *needed)

    return made_once(shared_folder, "wheels", make)
