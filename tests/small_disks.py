"""Small disks that can be filled: each is a tmpfs, mounted on a folder of the tests."""

import contextlib
import os
import subprocess

import pytest


class Disk:
    """A tmpfs of a few MB."""

    def __init__(self, folder):
        self._filler = folder / "filler"

    def fill(self):
        """Leave not a byte."""
        with self._filler.open("ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * size)

    def make_room(self):
        """Give everything back."""
        self._filler.unlink(missing_ok=True)


@contextlib.contextmanager
def small_disks():
    """Gives what mounts a disk on a folder; skips where that is not allowed, but not in CI."""
    mounted = []

    def mount(folder, megabytes):
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0 and os.environ.get("CI") != "true":
            pytest.skip(f"no tmpfs can be mounted: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
        mounted.append(folder)
        return Disk(folder)

    try:
        yield mount
    finally:
        for folder in mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
