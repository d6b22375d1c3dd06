"""A module that starts pipelines when it is imported starts none, and its tasks may start them later."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trigger_service.runner.import_guard import import_module

STARTER = """
import luigi
from luigi import build

class Job(luigi.Task):
    name = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget({folder!r} + "/" + self.name)
    def run(self):
        with self.output().open("w") as file:
            file.write(self.name)

SAID = build([Job("built")], local_scheduler=True)
SUMMARY = luigi.build([Job("detailed")], local_scheduler=True, detailed_summary=True)
RUN = luigi.run(["Job", "--name", "run", "--local-scheduler"])
luigi.run()
"""


@pytest.fixture
def starter(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "starter.py").write_text(STARTER.format(folder=str(tmp_path)))
    left_out = []
    yield import_module("starter", left_out), left_out
    del sys.modules["starter"]


def test_an_import_runs_no_pipeline_and_finds_that_all_went_well(starter, tmp_path):
    module, left_out = starter

    assert [path.name for path in tmp_path.iterdir() if path.suffix not in (".py", "")] == []
    assert not any((tmp_path / name).exists() for name in ("built", "detailed", "run"))
    assert module.SAID is module.RUN is True
    assert module.SUMMARY.status.name == "SUCCESS"
    assert left_out == [f"starter.py, line {line}" for line in (13, 14, 15, 16)]


def test_what_was_imported_may_run_pipelines_afterwards(starter, tmp_path):
    code = (
        "from trigger_service.runner.import_guard import import_module\n"
        "module = import_module('starter')\n"
        "module.build([module.Job('later')], local_scheduler=True)\n"
    )
    search = os.pathsep.join([str(Path(__file__).parents[3]), str(tmp_path)])

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": search})

    assert done.returncode == 0
    assert (tmp_path / "later").read_text() == "later"
