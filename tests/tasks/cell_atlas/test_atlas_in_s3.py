"""The same code runs on a folder and on a bucket, with equal results."""

import re
import sqlite3

import pytest
from atlas_support import MARCH, atlas_settings, build

from targets import join, open_target
from targets.listing import list_files
from tasks.cell_atlas import AtlasReport
from tasks.cell_atlas.cell_types import ReleaseQuality
from tasks.cell_atlas.faults import FAULTS
from tasks.cell_atlas.generator import generate
from tasks.cell_atlas.warehouse import LoadCells, LoadGenes

#: The first test of a run may have to fetch the wheel.
pytestmark = pytest.mark.timeout(300)
#: What a folder that is replaced as a whole puts between its name and those of its files.
GENERATION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]+/")


def contents(root):
    """The bytes of all files below a folder or a prefix by name, but for manifests, which hold times."""
    found = {}
    for name in list_files(root):
        if not name.endswith("manifest.json"):
            with open_target(join(root, name), format="bytes").open("r") as file:
                found[GENERATION.sub("", name)] = file.read()
    return found


def warehouse(folder):
    """All rows of both tables."""
    with sqlite3.connect(folder / "warehouse.db") as connection:
        rows = [connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in ("cells", "genes")]
    connection.close()
    return rows


def released(found, drop, root, folder):
    """Fill a drop and make of it what goes into a report."""
    folder.mkdir()
    generate(found, drop, only=[3, 6], faulty=["checksum", "missing"])
    with atlas_settings(drop, root, folder):
        return build(LoadCells(release=MARCH), LoadGenes(release=MARCH), ReleaseQuality(release=MARCH))


def test_a_bucket_gets_what_a_folder_gets_byte_for_byte(found, s3, tmp_path):
    # When
    here = released(found, str(tmp_path / "drop"), str(tmp_path / "root"), tmp_path / "here")
    there = released(found, f"{s3}/drop", f"{s3}/root", tmp_path / "there")
    # Then
    assert [task.task_id for task in there] == [task.task_id for task in here]
    assert contents(f"{s3}/drop") == contents(tmp_path / "drop")
    made = contents(f"{s3}/root")
    assert made == contents(tmp_path / "root")
    names = {name.split("/")[-1] for name in made}
    assert {"report.json", "normalised.mtx.gz", "types.csv", "expression.parquet", "quality.csv"} <= names
    assert warehouse(tmp_path / "there") == warehouse(tmp_path / "here")


@pytest.mark.long
def test_the_whole_report_of_a_bucket_is_that_of_a_folder_and_is_made_once(found, s3, tmp_path):
    # Given drops with every fault
    generate(found, str(tmp_path / "drop"), faulty=list(FAULTS))
    generate(found, f"{s3}/drop", faulty=list(FAULTS))
    for name, drop, root in (("here", tmp_path / "drop", tmp_path / "root"), ("there", f"{s3}/drop", f"{s3}/root")):
        (tmp_path / name).mkdir()
        with atlas_settings(drop, root, tmp_path / name):
            # When
            assert len(build(AtlasReport(release=MARCH))) == 70
            # Then
            assert build(AtlasReport(release=MARCH)) == []
    made = contents(f"{s3}/root")
    assert made == contents(tmp_path / "root")
    assert len([name for name in made if name.endswith(".html")]) == 1
