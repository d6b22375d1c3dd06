"""`make demo`, as somebody sees it who has just cloned the project, on a machine where the usual ports are busy."""

import contextlib
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_demo_runs_a_pipeline_and_ends_by_itself():
    # Given
    with contextlib.ExitStack() as stack:
        for port in (8090, 8082):
            with contextlib.suppress(OSError):  # busy already
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
        # When
        done = subprocess.run(
            ["make", "demo"],
            cwd=CHECKOUT,
            env={**os.environ, "DEMO_EXIT": "1"},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    # Then
    assert done.returncode == 0, done.stdout + done.stderr
    assert "HTTP/1.1 202" in done.stdout
    (worked, nothing) = re.findall(r"Of \d+ tasks that it looked at, (\d+) had to run", done.stdout)
    assert int(worked) > 100
    assert int(nothing) == 0
    report = Path(re.search(r"the report +(.*)", done.stdout)[1])
    assert report.stat().st_size > 10_000
    untracked = subprocess.run(["git", "status", "--short", "demo"], cwd=CHECKOUT, capture_output=True, check=True)
    assert untracked.stdout == b""
