"""The shortest way in: a folder with one file of tasks and a luigi.cfg of two lines."""

import subprocess

import pytest
from product import COMMAND, Up
from projects import ended, plain, settings_beside

MY_TASKS = '''
"""My tasks."""
import luigi


class Greeting(luigi.Task):
    """Greets somebody."""

    name = luigi.Parameter(default="world")

    def output(self):
        return luigi.LocalTarget(f"greeting-{self.name}.txt")

    def run(self):
        print("greeting", self.name)
        with self.output().open("w") as file:
            file.write(f"hello {self.name}\\n")
'''


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """The folder with `up` running in it; where it listens is said elsewhere, because tests take free ports."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "my_tasks.py").write_text(MY_TASKS)
    (folder / "luigi.cfg").write_text("[trigger_service]\nmodules = my_tasks\n")
    service = Up(folder, **settings_beside(folder.with_name("ports.cfg")))
    try:
        yield service.start()
    finally:
        service.end()


def command(service, *arguments):
    """A luigi-trigger command in the folder."""
    done = subprocess.run([COMMAND, *arguments], cwd=service.folder, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


def greeting(service, name):
    return (service.folder / f"greeting-{name}.txt").read_text()


def test_the_pipeline_is_there(start):
    status, said = command(start, "pipelines")
    assert status == 0
    assert "Greeting" in said
    assert "Greets somebody." in said


def test_it_runs_from_curl(start):
    sent = ["curl", "-sS", "-H", "Content-Type: application/json", "-H", "Prefer: wait=20",
            "-d", '{"pipeline": "Greeting", "parameters": {"name": "curl"}}', f"{start.url}/api/v1/runs"]  # fmt: skip
    done = subprocess.run(sent, capture_output=True, text=True, timeout=30, check=True)
    assert '"state":"succeeded"' in done.stdout.replace(" ", "")
    assert greeting(start, "curl") == "hello curl\n"


def test_it_runs_from_the_command_line(start):
    status, said = command(start, "run", "Greeting", "-p", "name=shell", "--follow")
    assert status == 0, said
    assert "greeting shell" in said
    assert greeting(start, "shell") == "hello shell\n"


@pytest.mark.parametrize("where", ["on its own", "through the same luigid"])
def test_plain_luigi_works_beside_it(start, where):
    name = where.replace(" ", "-")
    options = () if where == "on its own" else ("--scheduler-port", str(start.luigid_port()))
    done = plain(start.folder, "my_tasks", "Greeting", "--name", name, *options)
    assert done.counts == {"scheduled": 1, "done": 1}, done.said
    assert greeting(start, name) == f"hello {name}\n"


def test_edited_code_is_what_the_next_run_has(start):
    file = start.folder / "my_tasks.py"
    for word in ("good day", "good night"):
        file.write_text(MY_TASKS.replace("hello", word))
        run = ended(start, start.trigger("Greeting", word.replace(" ", "-")))
        assert run["state"] == "succeeded"
        assert greeting(start, word.replace(" ", "-")).startswith(word)
    file.write_text(MY_TASKS)
