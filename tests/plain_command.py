"""The plain `luigi` command, as anybody types it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def luigi_command(folder, module, family, *options):
    """Run a task of the project in a folder with a luigi.cfg; gives the exit status, fails where the run did not."""
    command = [sys.executable, "-m", "luigi", "--module", module, family, *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=150)
    assert "progress looks :)" in done.stderr, done.stderr
    return done.returncode
