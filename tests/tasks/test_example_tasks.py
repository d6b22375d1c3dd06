"""The examples do what their first lines say, with stock Luigi."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flights_support import build

from tasks.examples.hello import Hello
from tasks.examples.retries import Part, Retries, ShakySum

ROOT = Path(__file__).parents[2]


def test_hello_greets(tmp_path):
    build(Hello(name="you", root=str(tmp_path)))
    assert (tmp_path / "hello-you.txt").read_text(encoding="utf-8") == "Hello, you!\n"


def test_hello_is_the_same_task_whatever_its_folder(tmp_path):
    assert Hello(name="you", root=str(tmp_path)).task_id == Hello(name="you").task_id
    assert Hello().output().path == "data/examples/hello-world.txt"


def test_a_task_fails_at_first_and_the_next_run_goes_on_from_there(tmp_path):
    root = Retries(start=5, root=str(tmp_path))
    first = build(root)
    assert not root.complete()
    assert "1 failed" in first.summary_text
    assert ShakySum(parts=6, root=str(tmp_path)).requires()[0].complete()
    second = build(root)
    assert Path(root.output().path).read_text(encoding="utf-8") == "6 parts, sum 91\n"
    assert "Part(" not in second.summary_text.split("ran successfully")[1]


def test_one_command_retries_when_the_worker_stays_alive(tmp_path):
    command = [sys.executable, "-m", "luigi", "--module", "tasks.examples.retries", "Retries", "--local-scheduler"]
    command += ["--no-lock", "--scheduler-retry-delay", "0", "--worker-keep-alive", "--worker-wait-interval", "0.05"]
    command += ["--worker-wait-jitter", "0", "--root", str(tmp_path)]
    subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True, timeout=30
    )
    assert (tmp_path / "retries" / "result-5.txt").read_text(encoding="utf-8") == "6 parts, sum 91\n"


@pytest.mark.parametrize("start", [0, 100])
def test_the_first_part_is_bounded(start):
    with pytest.raises(ValueError, match=str(start)):
        Retries.from_str_params({"start": str(start)})


def test_the_number_of_parts_is_known_only_while_running():
    assert Retries().deps() == []
    assert len(ShakySum(parts=6).deps()) == 6
    assert isinstance(ShakySum(parts=6).deps()[0], Part)
