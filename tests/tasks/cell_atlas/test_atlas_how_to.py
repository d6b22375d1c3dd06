"""The page about the cell atlas, followed step by step, with a service that watches the drop."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from polling import until
from product import Up

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/how-to/cell-atlas.md").read_text()
GOOD = {f"PBMC-{number:02}" for number in range(1, 9)}


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def project(tmp_path):
    """A folder with the tasks of the checkout and the page's configuration; its service is up."""
    (tmp_path / "tasks").symlink_to(ROOT / "tasks")
    config = blocks("ini")[0].replace("[trigger_service]\n", "[trigger_service]\nport = 0\nluigid_port = 0\n")
    (tmp_path / "luigi.cfg").write_text(config)
    (tmp_path / "data/cell_atlas/drop").mkdir(parents=True)
    up = Up(tmp_path)
    try:
        yield up.start()
    finally:
        up.end()


def follow(project, command, wheel):
    names = {name: value for name, value in os.environ.items() if not name.startswith("LUIGI_")}
    command = re.sub(r"(cell_atlas\.generator) ", rf"\1 --wheel {wheel} ", command)
    done = subprocess.run(
        ["bash", "-euc", command],
        cwd=project.folder,
        env={**names, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def settled(project):
    """The submissions for which a run has succeeded; fails where one has failed."""
    runs = project.get("/runs?pipeline=IngestSubmission&limit=100")["items"]
    assert {run["state"] for run in runs} <= {"queued", "starting", "running", "succeeded"}
    return {run["parameters"]["submission"] for run in runs if run["state"] == "succeeded"}


def test_each_step_of_the_page_does_what_it_says(project, wheel):
    first, by_hand, weekly = blocks("sh")
    make_drop, _up, watch, place, deliveries, release = first.strip().splitlines()
    # When submissions are placed in a drop that is watched
    for command in (make_drop, watch, place):
        follow(project, command, wheel)
    # Then each is settled by a run of its own, which its metadata has started
    until(lambda: settled(project) == GOOD | {"PBMC-checksum", "PBMC-truncated"}, "all submissions are settled", 120)
    assert follow(project, deliveries, wheel).stdout.count("\tstarted\t") == 10
    made = project.folder / "data/cell_atlas/made"
    assert {path.name for path in (made / "quarantine").iterdir()} == {"PBMC-checksum", "PBMC-truncated"}
    # And a release has little left to do
    follow(project, release, wheel)
    (run,) = project.get("/runs?pipeline=AtlasReport")["items"]
    assert run["state"] == "succeeded"
    tasks = project.get(f"/runs/{run['id']}/tasks?status=done")["items"]
    ran = {task["family"] for task in tasks}
    assert "AtlasReport" in ran
    assert not ran & {"VerifySubmission", "AcceptSubmission", "NormaliseSubmission", "QuarantineSubmission"}
    assert len(list((made / "releases/2026-03-02").glob("report-*.html"))) == 1
    with sqlite3.connect(project.folder / "data/cell_atlas/warehouse.db") as connection:
        assert connection.execute("SELECT count(*) FROM cells").fetchall() == [(700,)]
    connection.close()
    # And by hand there is nothing to do
    assert "1 complete ones were encountered" in follow(project, by_hand, wheel).stderr
    follow(project, weekly, wheel)
    # And what was built from one submission can be taken away, and built again with the release
    (verdict,) = (made / "submissions/PBMC-02").rglob("verdict.json")
    follow(project, f"luigi-trigger targets invalidate {verdict} --yes", wheel)
    assert not verdict.exists()
    assert not list((made / "releases/2026-03-02").glob("report-*.html"))
    follow(project, release, wheel)
    assert verdict.exists()
    assert len(list((made / "releases/2026-03-02").glob("report-*.html"))) == 1


def test_a_corrected_submission_is_taken_again_by_the_watch(project, wheel, tmp_path):
    # Given a submission that was quarantined
    _, _, watch, *_ = blocks("sh")[0].strip().splitlines()
    follow(project, watch, wheel)
    generator = "python -m tasks.cell_atlas.generator"
    follow(project, f"{generator} --to data/cell_atlas/drop --only 1 --faulty gene", wheel)
    until(lambda: settled(project) == {"PBMC-01", "PBMC-gene"}, "both are settled", 60)
    # When its table of genes is put right, and then its metadata
    follow(project, f"{generator} --to again --only 1", wheel)
    drop, again = project.folder / "data/cell_atlas/drop/PBMC-gene", project.folder / "again/PBMC-01"
    for name in ("matrix.mtx.gz", "cells.csv", "genes.csv"):
        (again / name).replace(drop / name)
    (drop / "metadata.json").write_text((again / "metadata.json").read_text().replace("PBMC-01", "PBMC-gene"))
    # Then it is verified again, and accepted
    values = project.folder / "data/cell_atlas/made/submissions/PBMC-gene"
    until(lambda: list(values.rglob("quality.csv")), "the corrected one is measured", 60)
    until(lambda: len(project.get("/runs?pipeline=IngestSubmission&state=succeeded")["items"]) == 3, "three runs", 60)
