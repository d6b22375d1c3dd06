"""From a drop to a release: what is in it is what the source says, and nothing is done twice."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from atlas_support import APRIL, MARCH, atlas_settings, build, settings_of
from plain_command import luigi_command

from tasks.cell_atlas import AtlasReport, IngestSubmission
from tasks.cell_atlas.errors import ChangedMeanwhile, EmptyRelease, NoSubmission
from tasks.cell_atlas.generator import generate
from tasks.cell_atlas.matrices import unpack
from tasks.cell_atlas.models import CellType, Fault, Member
from tasks.cell_atlas.releases import ReleaseMembers
from tasks.cell_atlas.submissions import AcceptSubmission
from tasks.cell_atlas.tables import read_table
from tasks.cell_atlas.warehouse import LoadCells, LoadGenes

#: The first test of a run may have to fetch the wheel.
pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[3]
GOOD = [f"PBMC-{number:02}" for number in range(1, 5)]


@pytest.fixture(scope="module")
def finished(drop, tmp_path_factory):
    """A folder with the release of March, made by the plain luigi command from the whole drop; only to be read."""
    folder = tmp_path_factory.mktemp("finished")
    lines = (f"{name} = {value}\n" for name, value in settings_of(drop, folder / "root", folder).items())
    (folder / "luigi.cfg").write_text("[cell_atlas]\n" + "".join(lines))
    options = ("--release", "2026-03-02", "--local-scheduler", "--no-lock")  # another process may do the same just now
    assert luigi_command(folder, "tasks.cell_atlas", "AtlasReport", *options) == 0
    return folder


@pytest.fixture
def own(tmp_path, found):
    """A drop with two good submissions and a bad one, set; its root is empty."""
    generate(found, str(tmp_path / "drop"), only=[3, 6], faulty=["gene"])
    with atlas_settings(tmp_path / "drop", tmp_path / "root", tmp_path):
        yield tmp_path


@pytest.fixture
def copied(finished, drop, tmp_path):
    """A copy of the finished release, set."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    with atlas_settings(drop, tmp_path / "root", tmp_path):
        yield tmp_path


def rows(folder, model, name, release=MARCH):
    return read_table(model, (folder / "root" / "releases" / str(release) / name).read_bytes())


def families(ran):
    """How many tasks of each family ran."""
    return dict(Counter(task.task_family for task in ran))


def in_warehouse(folder, query):
    with sqlite3.connect(folder / "warehouse.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def test_good_submissions_are_accepted_and_each_bad_one_is_quarantined_with_its_reason(finished):
    members = {row.submission: row.accepted for row in rows(finished, Member, "members.csv")}
    assert [name for name, accepted in members.items() if accepted] == GOOD
    faults = {(row.submission, row.file, row.code) for row in rows(finished, Fault, "faults.csv")}
    assert faults == {
        ("PBMC-checksum", "matrix.mtx.gz", "checksum"),
        ("PBMC-duplicate", "cells.csv", "duplicate"),
        ("PBMC-gene", "genes.csv", "unknown-gene"),
        ("PBMC-missing", "genes.csv", "missing"),
        ("PBMC-schema", "metadata.json", "schema"),
        ("PBMC-shape", "matrix.mtx.gz", "shape"),
        ("PBMC-truncated", "matrix.mtx.gz", "unreadable"),
    }


def test_quarantine_keeps_the_metadata_and_a_report_of_each_bad_submission(finished, drop):
    found = {path.parts[-4]: path.parent for path in (finished / "root" / "quarantine").rglob("report.json")}
    assert len(found) == 7
    assert not set(found) & set(GOOD)
    for name, folder in found.items():
        assert (folder / "metadata.json").read_bytes() == (drop / name / "metadata.json").read_bytes()
    report = json.loads((found["PBMC-gene"] / "report.json").read_text())
    assert report["problems"] == [{"file": "genes.csv", "code": "unknown-gene", "detail": "the genome has no 2-Sep"}]


def test_the_warehouse_has_each_cell_of_the_source_once_as_it_is_there(finished, found):
    cells = in_warehouse(finished, "SELECT barcode, cell_type, total_counts, genes_detected, cell, donor FROM cells")
    expected = zip(found.barcodes, found.cell_types, found.total_counts, found.genes_detected, strict=True)
    assert sorted(row[:4] for row in cells) == sorted(expected)
    assert all(row[4] == f"PBMC-{row[5].removeprefix('D')}:{row[0]}" for row in cells)


def test_the_warehouse_has_each_gene_with_the_type_that_expresses_it_most(finished, found):
    genes = dict(in_warehouse(finished, "SELECT gene, highest_in FROM genes"))
    assert sorted(genes) == sorted(found.genes)
    assert (genes["CD79A"], genes["GNLY"], genes["LYZ"]) == ("CD19+ B", "CD56+ NK", "Dendritic")
    assert {row[0] for row in in_warehouse(finished, "SELECT release FROM genes")} == {"2026-03-02"}


def test_the_matrices_of_the_cell_types_are_together_what_the_source_holds(finished, found):
    stored = {
        (found.barcodes[row], found.genes[column]): value
        for row, column, value in zip(found.stored.rows, found.stored.columns, found.stored.values, strict=True)
    }
    (folder,) = (finished / "root" / "releases" / "2026-03-02" / "cell_types").glob("*/")
    genes = (folder / "genes.csv").read_text().split()[1:]
    seen = 0
    for kind in read_table(CellType, (folder / "types.csv").read_bytes()):
        matrix = unpack((folder / kind.folder / "matrix.mtx.gz").read_bytes())
        lines = (folder / kind.folder / "cells.csv").read_text().splitlines()[1:]
        assert len(lines) == matrix.shape[0] == kind.cells == found.cell_types.count(kind.cell_type)
        barcodes = [line.split(",")[0] for line in lines]
        for row, column, value in zip(matrix.rows, matrix.columns, matrix.values, strict=True):
            assert abs(stored[barcodes[row], genes[column]] - value) < 0.00052
        seen += len(matrix.values)
    assert seen == len(stored)


def test_a_rerun_does_nothing(copied):
    before = {path: path.stat().st_mtime_ns for path in copied.rglob("*")}
    assert build(AtlasReport(release=MARCH)) == []
    assert {path: path.stat().st_mtime_ns for path in copied.rglob("*")} == before


def test_a_lost_target_is_rebuilt_and_nothing_beside_it(copied):
    # Given a report and the values of one submission that are lost, and the matrices that were made of them
    release = copied / "root" / "releases" / "2026-03-02"
    (report,) = release.glob("*.html")
    (values,) = (copied / "root" / "submissions" / "PBMC-02").rglob("normalised.mtx.gz")
    lost = [report, values, release / "expression.parquet"]
    before = {path: path.read_bytes() for path in lost}
    for path in lost:
        path.unlink()
    shutil.rmtree(release / "cell_types")
    # When
    ran = families(build(AtlasReport(release=MARCH)))
    # Then
    assert ran == {"NormaliseSubmission": 1, "CellTypeMatrices": 1, "ReleaseExpression": 1, "AtlasReport": 1}
    assert {path: path.read_bytes() for path in lost} == before


def test_a_new_submission_reaches_the_next_release_only_and_what_was_settled_is_not_done_again(own, found):
    build(LoadCells(release=MARCH))
    before = rows(own, Member, "members.csv")
    # When
    generate(found, str(own / "drop"), only=[4])
    assert build(LoadCells(release=MARCH)) == []
    ran = families(build(LoadCells(release=APRIL)))
    # Then
    assert rows(own, Member, "members.csv") == before
    assert [row.submission for row in rows(own, Member, "members.csv", APRIL)] == [
        "PBMC-03",
        "PBMC-04",
        "PBMC-06",
        "PBMC-gene",
    ]
    assert (ran["VerifySubmission"], ran["NormaliseSubmission"], ran["IngestSubmission"]) == (1, 1, 1)
    counts = in_warehouse(own, "SELECT release, count(*) FROM cells GROUP BY release ORDER BY release")
    assert [release for release, _ in counts] == ["2026-03-02", "2026-04-06"]
    assert counts[1][1] - counts[0][1] == 112


def test_a_corrected_submission_is_another_one_and_the_verdict_on_the_first_stays(own, found, tmp_path):
    build(IngestSubmission(submission="PBMC-gene"))
    assert not IngestSubmission(submission="PBMC-gene").requires().verdict().accepted
    # When the table of genes is corrected, and the metadata says so
    generate(found, str(tmp_path / "again"), only=[1])
    shutil.rmtree(own / "drop" / "PBMC-gene")
    corrected = (tmp_path / "again" / "PBMC-01").rename(own / "drop" / "PBMC-gene") / "metadata.json"
    corrected.write_text(corrected.read_text().replace("PBMC-01", "PBMC-gene"))
    # Then
    assert not IngestSubmission(submission="PBMC-gene").complete()
    build(IngestSubmission(submission="PBMC-gene"))
    assert IngestSubmission(submission="PBMC-gene").requires().verdict().accepted
    assert len(list((own / "root" / "submissions" / "PBMC-gene").iterdir())) == 2


@pytest.mark.parametrize("name", ["PBMC-99", "../drop/PBMC-03", ""])
def test_a_submission_that_is_not_there_is_an_error_that_says_where_one_belongs(own, name):
    with pytest.raises(NoSubmission, match=r"whose\nmetadata\.json is placed last"):
        IngestSubmission(submission=name).requires()


def test_a_file_that_changes_after_it_was_verified_is_not_accepted(own):
    verified = IngestSubmission(submission="PBMC-03").requires()
    verified.run()
    (own / "drop" / "PBMC-03" / "cells.csv").write_text("other")
    accept = AcceptSubmission(**verified.content)
    with pytest.raises(ChangedMeanwhile, match=r"cells\.csv is no longer the file that was verified"):
        accept.run()
    assert not accept.complete()


def test_a_submission_without_its_metadata_is_not_listed_yet(own):
    (own / "drop" / "PBMC-06" / "metadata.json").unlink()
    build(ReleaseMembers(release=MARCH))
    assert [row.submission for row in rows(own, Member, "members.csv")] == ["PBMC-03", "PBMC-gene"]


def test_a_release_without_an_accepted_submission_says_what_to_do(own):
    for name in ("PBMC-03", "PBMC-06"):
        shutil.rmtree(own / "drop" / name)
    build(ReleaseMembers(release=MARCH))
    with pytest.raises(EmptyRelease, match=r"no accepted submission \(1 are quarantined\)(.|\n)*remove .*listed\.csv"):
        AtlasReport(release=MARCH).accepted()


def test_a_release_with_barcodes_that_two_submissions_share_keeps_the_cells_apart(own, found, tmp_path):
    generate(found, str(tmp_path / "again"), only=[3])
    twin = (tmp_path / "again" / "PBMC-03").rename(own / "drop" / "PBMC-twin") / "metadata.json"
    twin.write_text(twin.read_text().replace("PBMC-03", "PBMC-twin"))
    build(AtlasReport(release=MARCH))
    assert in_warehouse(own, "SELECT count(*), count(DISTINCT cell), count(DISTINCT barcode) FROM cells") == [
        (209, 209, 138)
    ]


@pytest.mark.long
def test_the_warehouse_may_be_postgresql(own, postgres):
    with atlas_settings(own / "drop", own / "root", own, warehouse=postgres.replace("%", "%%")):
        build(LoadCells(release=MARCH), LoadGenes(release=MARCH))
        cells = list(LoadCells(release=MARCH).output().read())
        assert len(cells) == sum(row.cells for row in rows(own, Member, "members.csv") if row.accepted)
        assert len(list(LoadGenes(release=MARCH).output().read())) == 765
        assert build(LoadCells(release=MARCH), LoadGenes(release=MARCH)) == []


def test_importing_the_pipeline_is_light_and_leaves_the_process_fit_to_fork():
    program = """
import sys, threading, tasks.cell_atlas
heavy = {"matplotlib", "numpy", "h5py", "pyarrow", "sqlalchemy", "boto3", "trigger_service"} & set(sys.modules)
assert not heavy, heavy
assert threading.enumerate() == [threading.main_thread()]
"""
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)


def test_each_choice_of_the_roots_is_described_and_bounded():
    for root in (AtlasReport, IngestSubmission):
        assert [name for name, parameter in root.get_params() if not parameter.description] == []
    with pytest.raises(ValueError, match="6"):
        AtlasReport.from_str_params({"release": "2026-03-02", "markers": "6"})
    with pytest.raises(ValueError, match="size"):
        AtlasReport.from_str_params({"release": "2026-03-02", "order": "size"})
