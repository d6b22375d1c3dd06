"""The code of the pages about tables, folders and objects does what they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs/how-to"


@pytest.mark.parametrize("page", ["targets-sql.md", "targets-folders.md", "targets-s3.md"])
def test_the_code_of_the_page_runs(page, tmp_path, request):
    blocks = re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(), flags=re.DOTALL)
    (tmp_path / "page.py").write_text("\n".join(blocks))
    (tmp_path / "luigi.cfg").touch()
    if page == "targets-s3.md":
        begin = f"from datetime import date\nroot = {request.getfixturevalue('s3')!r}\n"
        (tmp_path / "page.py").write_text(begin + "\n".join(blocks))
    if page == "targets-sql.md":  # two days: the task's, and the one that is written by hand
        with (tmp_path / "page.py").open("a") as file:
            file.write("\nLoadDay(day=date(2013, 1, 1)).run()\nassert LoadDay(day=date(2013, 1, 1)).complete()\n")

    environment = {**os.environ, "PYTHONPATH": str(PAGES.parents[1])}
    done = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
