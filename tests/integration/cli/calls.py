"""Commands in processes of their own, with pipes or on a terminal."""

import contextlib
import os
import select
import subprocess
import sys
import time
from pathlib import Path

COMMAND = [sys.executable, "-c", "from trigger_service.cli import main; main()"]
ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def command(*arguments, **options):
    """A command in a process of its own; it has ended when the block has."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    process = subprocess.Popen([*COMMAND, *arguments], env=environment, **options)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


class Terminal:
    """A command on a terminal of its own, and what it has shown so far."""

    def __init__(self, descriptor, process):
        self.descriptor = descriptor
        self.process = process
        self.shown = b""

    def until(self, text, seconds=20):
        """Read until `text` was shown."""
        deadline = time.monotonic() + seconds
        while text.encode() not in self.shown:
            assert self._read(deadline), f"{text!r} was not shown, but: {self.shown.decode(errors='replace')}"
        return self.shown.decode()

    def code(self, seconds=20):
        """Read to the end; the exit code."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        return self.process.wait(seconds)

    def _read(self, deadline):
        ready, _, _ = select.select([self.descriptor], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"silent after {self.shown.decode(errors='replace')}"
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:
            return False
        self.shown += data
        return bool(data)
