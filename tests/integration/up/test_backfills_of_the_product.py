"""Backfills by the whole product: the same targets as stock Luigi's RangeDaily, and no less where that does nothing."""

import json
import subprocess

import pytest
from plain_command import luigi_command
from polling import until
from product import COMMAND, Product

TASKS = '''
"""Tasks of a day, one of which says in one go what is complete."""
from pathlib import Path
import luigi
import luigi.tools.range

class Daily(luigi.Task):
    day = luigi.DateParameter()
    shop = luigi.Parameter(default="all")
    def output(self):
        return luigi.LocalTarget(f"days/{self.shop}-{self.day}")
    def run(self):
        if (Path("broken") / str(self.day)).exists():
            raise ValueError(f"no data for {self.day}")
        with self.output().open("w") as file:
            file.write(f"made for {self.day}")

class Bulk(Daily):
    @classmethod
    def bulk_complete(cls, days):
        with open("asked", "a") as asked:
            asked.write("x")
        return [day for day in days if cls(day).output().exists()]

class Weekly(luigi.Task):
    week = luigi.DateIntervalParameter()
    def output(self):
        return luigi.LocalTarget(f"weeks/{self.week}")
    def run(self):
        self.output().open("w").close()
'''


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Product(tmp_path_factory.mktemp("shop"))
    (made.folder / "steps.py").write_text(TASKS)
    try:
        yield made.start()
    finally:
        made.end()


def backfill(shop, *words):
    """The command line in the folder of the service; gives its exit code and its document."""
    command = [COMMAND, "backfill", "start", *words, "--json"]
    done = subprocess.run(command, cwd=shop.folder, capture_output=True, text=True, timeout=60)
    return done.returncode, json.loads(done.stdout)


def made_in(folder):
    """What each target says, by its name."""
    return {path.name: path.read_text() for path in sorted((folder / "days").glob("*"))}


@pytest.mark.parametrize("family", ["Daily", "Bulk"])
def test_the_targets_are_those_of_rangedaily_which_by_itself_looks_back_a_hundred_days_only(shop, tmp_path, family):
    # Given one day that is there already, in a folder for each of the two
    (tmp_path / "steps.py").write_text(TASKS)
    for folder in (shop.folder, tmp_path):
        (folder / "days").mkdir(exist_ok=True)
        (folder / "days" / f"{family}-2013-01-04").write_text("of before")
    # When stock Luigi is asked for a range of long ago, it does nothing, and says that all is well
    daily = ("RangeDaily", "--of", family, "--of-params", json.dumps({"shop": family}), "--local-scheduler")
    days = ("--start", "2013-01-01", "--stop", "2013-01-13")
    assert luigi_command(tmp_path, "steps", *daily, *days) == 0
    assert len(made_in(tmp_path)) == 1
    # And it does it where it is told how far to look back
    assert luigi_command(tmp_path, "steps", *daily, *days, "--days-back", "100000") == 0
    # Then ours, whose last day is included, is the same at once
    code, document = backfill(
        shop,
        family,
        "--parameter",
        "day",
        "--from",
        "2013-01-01",
        "--to",
        "2013-01-12",
        "-p",
        f"shop={family}",
        "--parallel",
        "4",
        "--wait",
    )
    assert (code, document["state"], document["counts"]["complete"]) == (0, "finished", 1)
    theirs = made_in(tmp_path)
    assert len(theirs) == 12
    assert {name: text for name, text in made_in(shop.folder).items() if name.startswith(family)} == theirs
    assert family == "Daily" or (shop.folder / "asked").exists()


def test_what_failed_is_retried_alone_and_the_exit_code_says_it(shop):
    # Given
    (shop.folder / "broken").mkdir()
    (shop.folder / "broken" / "2014-01-02").touch()
    days = ("Daily", "--parameter", "day", "--from", "2014-01-01", "--to", "2014-01-03")
    # When
    code, document = backfill(shop, *days, "--newest-first", "--wait")
    # Then
    assert code == 1
    assert {state: number for state, number in document["counts"].items() if number} == {"succeeded": 2, "failed": 1}
    (failed,) = shop.get(f"/backfills/{document['id']}/parts?state=failed")["items"]
    assert failed["value"] == "2014-01-02"
    # And once the cause is mended
    (shop.folder / "broken" / "2014-01-02").unlink()
    shop.http.post(f"{shop.url}/api/v1/backfills/{document['id']}/retry", timeout=30).raise_for_status()
    until(lambda: backfill(shop, *days, "--dry-run")[1]["counts"]["complete"] == 3, "all three days")
    started = shop.get("/runs?trigger=backfill&parameter=day=2014-01-02")["items"]
    assert len(started) == 2


def test_weeks_are_counted_and_the_catalogue_tells_that_they_can_be(shop):
    code, document = backfill(shop, "Weekly", "--parameter", "week", "--from", "2012-W52", "--to", "2013-W02", "--wait")
    assert (code, document["total"]) == (0, 3)
    assert sorted(path.name for path in (shop.folder / "weeks").iterdir()) == ["2012-W52", "2013-W01", "2013-W02"]
    (week,) = shop.get("/pipelines/Weekly")["parameters"]
    assert week["range"] == {"unit": "date-interval", "every": 1, "origin": None}
