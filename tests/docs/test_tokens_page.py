"""The page about tokens, followed step by step."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from product import Product

PAGE = "docs/how-to/tokens.md"


@pytest.fixture
def elsewhere(tmp_path):
    """A project that wants tokens on loopback: beyond it, nothing may listen here."""
    made = Product(tmp_path, "require_token = true")
    try:
        yield made
    finally:
        made.end()


def test_each_step_does_what_the_page_says(blocks, elsewhere):
    # Given the commands of the page, in order
    make, show, curl, see = blocks(PAGE, "sh")
    (python,) = blocks(PAGE, "python")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LUIGI_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"

    def follow(block, **more):
        here = block.replace("http://trigger.example.org:8090", elsewhere.told().get("url", ""))
        return subprocess.run(
            ["bash", "-euc", here],
            cwd=elsewhere.folder,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=50,
        )

    # When they are followed
    assert follow(make).returncode == 0
    token = (elsewhere.folder / "ci.token").read_text().strip()
    elsewhere.start()
    # Then each does what it is there for
    assert follow(show).returncode == 0
    url = "http://trigger.example.org:8090"
    client = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(python).replace(url, elsewhere.url)],
        env={**environment, "LUIGI_TRIGGER_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert (client.returncode, client.stdout) == (0, "[]\n"), client.stderr
    if shutil.which("curl"):
        assert '"items":[]' in follow(curl, LUIGI_TRIGGER_TOKEN=token).stdout
    seen = follow(see)
    assert "grafana\tread\tvalid" in seen.stdout
    assert "ci\trevoked" in seen.stdout
    assert follow(show).returncode == 4
