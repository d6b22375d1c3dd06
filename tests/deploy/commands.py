"""Commands of the machine, and whether it has them."""

import os
import shutil
import subprocess

import pytest


def call(*words, **options):
    """Call a command; gives what it printed."""
    options = {"timeout": 600, **options}
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout.strip()


def needs(*commands):
    """Skip where one is not installed, unless everything has to be there."""
    missing = [command for command in commands if shutil.which(command) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"not installed (scripts/system long): {', '.join(missing)}")
