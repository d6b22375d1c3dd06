"""What is wrong with a submission is found, all of it, and named; what is right is accepted."""

import hashlib
import json
import re

import pytest

from tasks.cell_atlas.drop import fingerprint_of
from tasks.cell_atlas.faults import FAULTS
from tasks.cell_atlas.generator import generate
from tasks.cell_atlas.verification import verify


class Folder:
    """A submission in memory."""

    def __init__(self, path):
        self.name = path.name
        self.files = {file.name: file.read_bytes() for file in path.iterdir()}

    def described(self, **files):
        """Put other files, and their sizes and checksums into the metadata; gives itself."""
        for kind, data in files.items():
            name = {"cells": "cells.csv", "genes": "genes.csv", "matrix": "matrix.mtx.gz"}[kind]
            self.files[name] = data
            about = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            self.changed(lambda metadata, name=name, about=about: metadata["files"].update({name: about}))
        return self

    def changed(self, change):
        """Change the metadata; gives itself."""
        metadata = json.loads(self.files["metadata.json"])
        change(metadata)
        self.files["metadata.json"] = json.dumps(metadata).encode()
        return self

    def verdict(self):
        return verify(self.name, fingerprint_of(self.files["metadata.json"]), self.files.get)

    def problems(self):
        return [(problem.file, problem.code) for problem in self.verdict().problems]


@pytest.fixture
def good(drop):
    return Folder(drop / "PBMC-03")


def test_a_good_submission_is_accepted_with_what_it_holds(good):
    verdict = good.verdict()
    assert verdict.accepted
    assert (verdict.submission, verdict.donor, verdict.genes) == ("PBMC-03", "D03", 765)
    assert verdict.cells == good.files["cells.csv"].count(b"\n") - 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("checksum", [("matrix.mtx.gz", "checksum")]),
        ("missing", [("genes.csv", "missing")]),
        ("schema", [("metadata.json", "schema")] * 3),
        ("shape", [("matrix.mtx.gz", "shape")]),
        ("gene", [("genes.csv", "unknown-gene")]),
        ("duplicate", [("cells.csv", "duplicate")]),
        ("truncated", [("matrix.mtx.gz", "unreadable")]),
    ],
)
def test_each_fault_that_the_generator_makes_is_found_and_nothing_else(drop, fault, expected):
    assert Folder(drop / f"PBMC-{fault}").problems() == expected


def test_the_faults_that_are_tried_are_all_there_are(drop):
    placed = {path.name.removeprefix("PBMC-") for path in drop.iterdir()}
    assert {name for name in placed if not name.isdigit()} == set(FAULTS)


def test_the_words_of_a_problem_name_the_thing_and_what_was_expected(drop):
    words = {fault: Folder(drop / f"PBMC-{fault}").verdict().problems[0].detail for fault in FAULTS}
    assert words["gene"] == "the genome has no 2-Sep"
    assert re.fullmatch(r"(\d+) x 765, the tables name \d+ cells and 765 genes", words["shape"])
    assert "'tissue' is a required property" in words["schema"]
    assert "ended before the end" in words["truncated"]


def test_everything_wrong_is_found_at_once(good):
    # Given two files that are broken and one that is gone
    del good.files["genes.csv"]
    good.files["cells.csv"] += b"more"
    good.described(matrix=b"no gzip")
    # Then
    assert good.problems() == [("cells.csv", "size"), ("genes.csv", "missing"), ("matrix.mtx.gz", "unreadable")]


def test_a_bad_value_of_a_cell_is_named_with_its_line_and_column(good):
    lines = good.files["cells.csv"].split(b"\n")
    lines[4] = lines[4].rsplit(b",", 1)[0] + b",1.5"
    lines[6] = b"barcode" + lines[6][lines[6].index(b",") :]
    (problem,) = good.described(cells=b"\n".join(lines)).verdict().problems
    assert (problem.file, problem.code) == ("cells.csv", "value")
    assert problem.detail.startswith(
        "line 5, mito_share: Input should be less than or equal to 1, not '1.5'; line 7, b"
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"genes": b"name\nHES4\n"}, [("genes.csv", "columns")]),
        ({"genes": b"gene\n\xff\n"}, [("genes.csv", "unreadable")]),
        ({"genes": b"gene\nHES4\nHES4\n"}, [("genes.csv", "duplicate"), ("matrix.mtx.gz", "shape")]),
        ({"cells": b"barcode\n"}, [("cells.csv", "columns")]),
    ],
)
def test_tables_that_are_none_are_found(good, files, expected):
    assert good.described(**files).problems() == expected


def test_counts_above_the_total_of_their_cell_are_found(good):
    first = good.files["cells.csv"].split(b"\n")[1]
    table = good.files["cells.csv"].replace(first, b",".join([*first.split(b",")[:2], b"1,1,0.0"]))
    (problem,) = good.described(cells=table).verdict().problems
    assert (problem.code, problem.detail) == (
        "totals",
        f"counts more molecules than total_counts of {first.split(b',')[0].decode()}",
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda metadata: metadata.update(submission="PBMC-04"), "'PBMC-04' lies in the folder 'PBMC-03'"),
        (lambda metadata: metadata["dates"].update(collected="2026-02-30"), r"\$\.dates\.collected: .*is not a 'date'"),
        (lambda metadata: metadata["files"].pop("cells.csv"), "'cells.csv' is a required property"),
        (lambda metadata: metadata["files"].update({"../x": {}}), r"'\.\./x' was unexpected"),
        (lambda metadata: metadata.update(note="hello"), "'note' was unexpected"),
    ],
)
def test_metadata_that_breaks_its_schema_says_where(good, change, words):
    (problem,) = good.changed(change).verdict().problems
    assert (problem.file, problem.code) == ("metadata.json", "schema")
    assert re.search(words, problem.detail)


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b"null", b"\xff"])
def test_metadata_that_is_no_document_is_a_problem_like_others(good, document):
    good.files["metadata.json"] = document
    assert [code for _, code in good.problems()] == ["schema"]


def test_metadata_that_changed_after_it_was_listed_is_not_looked_into(good):
    before = fingerprint_of(good.files["metadata.json"])
    good.changed(lambda metadata: metadata.update(protocol="another"))
    (problem,) = verify("PBMC-03", before, good.files.get).problems
    assert problem.code == "changed"
    assert before in problem.detail


def test_generating_again_places_nothing_and_equal_options_make_equal_bytes(found, drop, tmp_path):
    assert generate(found, str(drop), submissions=4, only=[1], faulty=["gene"]) == []
    assert generate(found, str(tmp_path), submissions=4, only=[2]) == ["PBMC-02"]
    for path in tmp_path.rglob("*.*"):
        assert path.read_bytes() == (drop / path.relative_to(tmp_path)).read_bytes()
