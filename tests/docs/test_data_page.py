"""The code of the page about naming data does what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from targets import open_target

PAGE = Path(__file__).parents[2] / "docs/how-to/data.md"


@pytest.fixture
def project(tmp_path):
    """The page's task with its configuration, `luigi_of(root)` runs it."""
    code, *_, test = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    (section,) = re.findall(r"(\[project\]\n.*?\n)\n", PAGE.read_text(), flags=re.DOTALL)
    (tmp_path / "words.py").write_text(code)
    (tmp_path / "luigi.cfg").write_text(section)
    (tmp_path / "test_words.py").write_text(f"from datetime import date\nfrom words import Words\n{test}")
    return tmp_path


def run(project, root, *command):
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        env={**os.environ, "DATA_ROOT": root},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("where", ["folder", pytest.param("bucket", marks=pytest.mark.long)])
def test_the_same_task_writes_to_a_folder_or_to_a_bucket_by_configuration(project, where, request):
    root = str(project / "data") if where == "folder" else request.getfixturevalue("s3")

    run(project, root, "luigi", "--module", "words", "Words", "--day", "2024-05-01", "--local-scheduler")

    with open_target(f"{root}/words/2024-05-01.txt").open("r") as file:
        assert file.read() == "..."


def test_a_test_needs_no_folder(project):
    run(project, "memory://words", "pytest", "-q", "-p", "no:cacheprovider", "test_words.py")

    assert sorted(path.name for path in project.iterdir() if path.suffix) == ["luigi.cfg", "test_words.py", "words.py"]
