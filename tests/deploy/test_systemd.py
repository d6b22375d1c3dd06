"""The unit for systemd is one that it understands."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy/systemd/luigi-trigger.service"


def test_systemd_finds_no_fault_in_the_unit(tmp_path):
    # Given the unit with a command and a page that are there
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")
    command = str(Path(sys.executable).with_name("luigi-trigger"))
    text = UNIT.read_text()
    assert "/srv/luigi/.venv/bin/luigi-trigger" in text
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace("ExecStart=/srv/luigi/.venv/bin/luigi-trigger", f"ExecStart={command}"))
    # When
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=50
    )
    # Then
    assert (done.returncode, done.stderr) == (0, "")
