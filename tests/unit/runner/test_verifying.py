"""Targets of each kind, read again as a child reads them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import luigi
import pydantic
import pytest

from targets import open_target
from targets.folder import FolderTarget
from targets.sql import SqlTarget
from trigger_service.domain.spec import RunSpec
from trigger_service.domain.verification import Claim, Claims, Found
from trigger_service.runner.verifying import Verifying
from trigger_service.runner.writes import name_of


class Row(pydantic.BaseModel):
    n: int


class Rows(luigi.Target):
    """Something over a file, as a RowTarget is."""

    def __init__(self, path):
        self.file = open_target(path)
        self.url = self.file.url
        self.format = "csv"

    def exists(self):
        return self.file.exists()

    def version(self):
        return self.file.version()


class Many(luigi.Task):
    """Has one output of each kind."""

    root = luigi.Parameter()
    word = luigi.Parameter("x", visibility=luigi.parameter.ParameterVisibility.PRIVATE)

    def output(self):
        root = Path(self.root)
        return {
            "file": open_target(root / f"file-{self.word}"),
            "stock": luigi.LocalTarget(str(root / "stock"), format=luigi.format.UTF8),
            "rows": Rows(str(root / "rows.csv")),
            "folder": FolderTarget(f"{root}/folder/"),
            "table": SqlTarget(f"sqlite:///{root}/base.db", "rows", Row),
        }


@pytest.fixture
def outputs(tmp_path):
    """All of them, written."""
    made = Many(str(tmp_path)).output()
    for name in ("file", "stock"):
        with made[name].open("w") as file:
            file.write("größer\n")
    with made["rows"].file.open("w") as file:
        file.write("n\n1\n")
    with made["folder"].writing() as folder, folder.open("part", "text") as file:
        file.write("part")
    made["table"].write([Row(n=1), Row(n=2), Row(n=3)])
    return made


@pytest.fixture
def found(tmp_path):
    """What is found of claims for URLs of that task; the request's private values are those of it."""

    def give(*urls, family="Many", **secrets):
        records = []
        claims = Claims(tuple(Claim(url, family, {"root": str(tmp_path)}, root=True) for url in urls))
        spec = RunSpec("r", 0, __name__, family, {}, "", deadline=None).evolve(deadline=2e9)
        child = Verifying(spec, secrets, records.append, claims)
        child.ask()
        child.end("")
        assert records[-1]["end"]["refusal"] is None
        return [Found.from_json(record["found"]) for record in records if "found" in record]

    return give


def test_files_are_read_as_bytes_whatever_their_format_and_whatever_reads_them(outputs, found, tmp_path):
    both = [outputs["file"], outputs["stock"], outputs["rows"]]
    for target, said in zip(both, found(*map(name_of, both)), strict=True):
        content = Path(name_of(target)).read_bytes()
        assert (said.exists, said.size, said.sha256) == (True, len(content), hashlib.sha256(content).hexdigest())
        assert said.version


def test_the_rows_of_a_table_are_counted_and_a_folder_verifies_itself(outputs, found, tmp_path):
    table, folder = found(name_of(outputs["table"]), name_of(outputs["folder"]))
    assert (table.rows, table.version) == (3, outputs["table"].version())
    assert (folder.itself, folder.faults, folder.version) == (True, (), outputs["folder"].version())
    [part] = (tmp_path / "folder").rglob("part")
    part.write_text("other")
    assert found(name_of(outputs["folder"]))[0].faults == ("part has changed",)


def test_what_is_not_there_is_missing(found, tmp_path):
    said = found(str(tmp_path / "stock"), f"{tmp_path}/folder/", name_of(Many(str(tmp_path)).output()["table"]))
    assert [each.exists for each in said] == [False, False, False]


def test_a_file_is_found_whatever_has_become_of_the_code_and_anything_else_is_not(outputs, found, tmp_path):
    (tmp_path / "other").write_text("abc")
    assert found(str(tmp_path / "other"))[0].size == 3
    assert found(str(tmp_path / "other"), family="Gone")[0].size == 3
    assert "no such output in Many" in found("s3://bucket/key")[0].why
    assert "Gone" in found("s3://bucket/key", family="Gone")[0].why


def test_a_private_value_is_known_and_hidden(outputs, found, tmp_path):
    (tmp_path / "file-a-secret").write_text("secret")
    # its name on record has the value hidden
    assert [each.size for each in found(f"{tmp_path}/file-***", word="a-secret")] == [6]


def test_what_cannot_be_read_says_why(outputs, found, tmp_path, monkeypatch):
    monkeypatch.setattr(luigi.LocalTarget, "open", lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    assert found(str(tmp_path / "stock"))[0].why == "OSError: [Errno 5] Input/output error"
