"""`luigi-trigger init`: the project that it makes works, and so does each step of its tutorial."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from product import COMMAND, Up

PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def said_by(folder, *command):
    """A command in `folder`; gives what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LUIGI_")}
    # a temporary folder of its own: luigi refuses a command that runs on the machine already, by a lock that is there
    (folder / ".tmp").mkdir(exist_ok=True)
    environment = {**environment, "PATH": PATH, "TMPDIR": str(folder / ".tmp")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def steps(folder):
    """The shell blocks of the tutorial, by the heading they stand under."""
    parts = re.split(r"^## \d\. (.*)$", (folder / "README.md").read_text(), flags=re.MULTILINE)
    blocks = {
        name: re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }
    return {name: "".join(found) for name, found in blocks.items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A new project, on free ports, with its service running."""
    folder = tmp_path_factory.mktemp("made") / "sales"
    said_by(folder.parent, COMMAND, "init", "sales")
    config = (folder / "luigi.cfg").read_text()
    (folder / "luigi.cfg").write_text(re.sub(r"^(port|luigid_port) = .*", r"\1 = 0", config, flags=re.MULTILINE))
    up = Up(folder)
    try:
        yield up.start()
    finally:
        up.end()


def test_its_own_test_passes_and_plain_luigi_runs_it(made):
    first = re.search(r"```sh\n(.*?)```", (made.folder / "README.md").read_text(), re.DOTALL)[1]

    said = said_by(made.folder, "bash", "-ec", first)

    assert "1 passed" in said
    assert (made.folder / "results/sales-2024-05-01-3.txt").exists()


def test_each_step_of_the_tutorial_does_what_stands_there(made):
    # Given a service that is up, as the first step says, and the report of the plain command
    tutorial = steps(made.folder)
    assert tutorial.pop("Start") == "luigi-trigger up\n"
    said_by(made.folder, "python", "-m", "luigi", "--module", "tasks.sales", "SalesReport", "--local-scheduler")
    # When
    script = "set -e\n" + "\n".join(f"echo; echo '== {name}'\n{block}" for name, block in tutorial.items())
    said = said_by(made.folder, "bash", "-c", script.replace("http://", "").replace("127.0.0.1:8090", made.url))
    # Then
    _, trigger, follow, broken, mended = re.split(r"^== .*\n", said, flags=re.MULTILINE)
    assert "complete" in trigger.split("\n")[0]
    assert "will_run" in trigger
    assert "2024-05-02: 2 products" in follow
    assert "coffee          33.60" in follow
    assert "could not convert string to float: 'four'" in broken
    assert "state\tfailed" in broken
    assert "2024-05-02: 2 products" in mended
    assert "2024-05-01: 2 products" not in mended
    assert "state\tsucceeded" in mended


def test_it_says_in_three_lines_what_to_do_next(tmp_path):
    lines = said_by(tmp_path, COMMAND, "init", "a project").splitlines()

    assert len(lines) == 3
    assert "cd 'a project' && luigi-trigger up" in lines[1]
    assert "luigi-trigger run SalesReport" in lines[2]


def test_into_the_folder_one_is_in_it_names_its_files_as_json(tmp_path):
    document = json.loads(said_by(tmp_path, COMMAND, "init", "--json"))

    assert document["folder"] == str(tmp_path)
    assert (
        sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()) == document["files"]
    )
    assert ".gitignore" in document["files"]


def test_it_overwrites_nothing_and_makes_nothing_beside_what_is_there(tmp_path):
    (tmp_path / "luigi.cfg").write_text("mine")
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/sales.py").symlink_to("nowhere")

    refused = subprocess.run([COMMAND, "init"], cwd=tmp_path, capture_output=True, text=True)

    assert refused.returncode == 5
    assert "luigi.cfg, tasks/sales.py already" in refused.stderr
    assert (tmp_path / "luigi.cfg").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["luigi.cfg", "tasks"]
