"""The code of the pages about tables, folders and objects does what they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

PAGES = Path(__file__).parents[2] / "docs/how-to"


def test_the_code_of_the_pages_runs(tmp_path, s3):
    names = ("targets-sql.md", "targets-folders.md", "targets-s3.md")
    pages = "".join((PAGES / name).read_text() for name in names)
    blocks = re.findall(r"```python\n(.*?)```", pages, flags=re.DOTALL)
    task = "LoadDay(day=date(2013, 1, 1))"
    program = ["from datetime import date", f"root = {s3!r}", *blocks, f"{task}.run()", f"assert {task}.complete()", ""]
    (tmp_path / "page.py").write_text("\n".join(program))
    (tmp_path / "luigi.cfg").touch()

    environment = {**os.environ, "PYTHONPATH": str(PAGES.parents[1])}
    done = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
