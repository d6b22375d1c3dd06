"""A clock that a test moves, for a process that is started with it: by libfaketime, which Debian has in `faketime`."""

import functools
import os
import shutil
import subprocess
import time

import pytest


@functools.cache
def _library():
    """What has to be loaded before everything else; skips the test where it is missing, fails in CI."""
    if shutil.which("faketime") is None:
        assert os.environ.get("CI") != "true", "faketime is missing: scripts/system installs it"
        pytest.skip("faketime is missing")
    command = ["faketime", "-f", "+0", "printenv", "LD_PRELOAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


class MovedClock:
    """It goes on by itself from wherever it was put; how long something takes is measured without it."""

    def __init__(self, file):
        """`file` is where the process finds by how much its clock is off."""
        self._file = file
        self._ahead_s = 0.0
        self.put(time.time())

    def put(self, moment):
        """Put it to a moment, in seconds since the epoch, forward or back."""
        self._ahead_s = moment - time.time()
        beside = self._file.with_suffix(".next")
        beside.write_text(f"{self._ahead_s:+.3f}\n")
        beside.rename(self._file)

    def now(self):
        """What it shows."""
        return time.time() + self._ahead_s

    def environment(self):
        """The variables of a process that is to go by it."""
        own = {
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # with it Python's waits for its own lock are over at once, and spin
            "NO_FAKE_STAT": "1",
        }
        return {**os.environ, **own, "LD_PRELOAD": _library()}
