"""Which Python `make setup` takes, and what it says where none will do."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "python"


@pytest.fixture
def without_venv(tmp_path):
    """A folder for PYTHONPATH that makes a Python one without the system package python3-venv."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "ensurepip.py").write_text('raise ImportError("no ensurepip here")\n')
    return hidden


def choose(path, **variables):
    """Run the script with nothing but `path` to find a Python in."""
    environment = {"PATH": str(path), **{name: str(value) for name, value in variables.items()}}
    return subprocess.run([SCRIPT], env=environment, capture_output=True, text=True)


def command(folder, name, lines):
    """Write a shell script that can be found there."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{lines}\n")
    (folder / name).chmod(0o755)
    return folder


def test_a_python_that_cannot_make_an_environment_is_told_with_the_missing_package(tmp_path, without_venv):
    commands = command(tmp_path / "bin", "python3", f'exec "{sys.executable}" "$@"')

    said = choose(commands, PYTHONPATH=without_venv)

    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith(
        "python3 cannot make a virtual environment: install the system package python3-venv\n"
    )
    assert "apt-get install python3-venv" in said.stderr


def test_a_whole_python_is_taken_although_one_before_it_lacks_something(tmp_path, without_venv):
    lines = f'PYTHONPATH="{without_venv}" exec "{sys.executable}" "$@"'
    commands = command(tmp_path / "bin", "python3", lines)
    command(commands, "python3.13", f'exec "{sys.executable}" "$@"')

    said = choose(commands)

    assert (said.returncode, said.stdout, said.stderr) == (0, f"{sys.executable}\n", "")


def test_the_python_that_is_named_goes_first(tmp_path):
    commands = command(tmp_path / "bin", "python3", "exit 1")

    said = choose(commands, PYTHON=sys.executable)

    assert Path(said.stdout.strip()).samefile(sys.executable)


def test_a_python_of_another_version_is_not_taken(tmp_path):
    old = command(tmp_path / "old", "python", "exit 1")

    said = choose(command(tmp_path / "bin", "python3", f'exec "{sys.executable}" "$@"'), PYTHON=old / "python")

    assert said.stdout == f"{sys.executable}\n"
