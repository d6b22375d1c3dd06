"""Backfills of the real product, killed wherever a part becomes a run or ends: each part is one run, executed once."""

import pytest
from polling import until
from product import Product

from trigger_service.client import Client

pytestmark = pytest.mark.timeout(180)

DAILY = """
import luigi

class Daily(luigi.Task):
    day = luigi.DateParameter()
    def output(self):
        return luigi.LocalTarget(f"days/{self.day}")
    def run(self):
        with open("ledger", "a") as ledger:
            ledger.write(f"{self.day}\\n")
        self.output().open("w").close()
"""
FIRST = ("between ended parts of a backfill and its next ones",)


def points():
    """The fail points that are reached here only."""
    return list(FIRST)


@pytest.fixture
def product(tmp_path):
    """`up`, with fail points that can be armed."""
    made = Product(tmp_path)
    made.armed = tmp_path / "armed"
    made.armed.mkdir()
    made.set("LUIGI_TRIGGER_FAIL_POINTS", str(made.armed))
    with (tmp_path / "steps.py").open("a") as steps:
        steps.write(DAILY)
    try:
        made.start()
        yield made
    finally:
        made.end()


def begin(product, last, **more):
    """A backfill over the first days of 2013."""
    with Client(product.url) as client:
        days = {"start": "2013-01-01", "stop": f"2013-01-{last:02}"}
        return client.backfills.make("Daily", "day", range=days, **more)["id"]


def show(product, backfill_id):
    try:
        return product.get(f"/backfills/{backfill_id}")
    except OSError:
        return None


def done(product, backfill_id):
    """How many parts have succeeded, once the service answers."""
    shown = until(lambda: show(product, backfill_id), "an answer")
    return shown["counts"]["succeeded"]


def holds(product, backfill_id, number):
    """Wait for the end; then each part is one run that succeeded, and each day was executed once."""
    until(lambda: (show(product, backfill_id) or {}).get("state") == "finished", "the end of the backfill", 60)
    parts = product.get(f"/backfills/{backfill_id}/parts?limit=1000")["items"]
    assert [(part["state"], part["tries"]) for part in parts] == [("succeeded", 1)] * number
    started = product.get("/runs?trigger=backfill&limit=500")["items"]
    assert sorted(run["id"] for run in started) == sorted(part["run_id"] for part in parts)
    ledger = (product.folder / "ledger").read_text().split()
    assert sorted(ledger) == [f"2013-01-{day:02}" for day in range(1, number + 1)]


@pytest.mark.parametrize(
    "names",
    [
        FIRST,
        pytest.param(
            (
                "before a submission is stored",
                "before a submission is committed",
                "after a submission is stored",
                "before the end is committed",
                "between exit read and final state",
                *FIRST,
            ),
            marks=pytest.mark.long,
        ),
    ],
    ids=["once", "everywhere"],
)
def test_each_part_is_one_run_although_the_service_is_killed(product, names):
    # Given
    number = 6 + 4 * len(names)
    backfill_id = begin(product, number, parallel=2)
    # When the service dies wherever a part becomes a run, or ends
    for name in names:
        before = done(product, backfill_id)
        (product.armed / name).touch()
        until(lambda armed=name: not (product.armed / armed).exists(), name, 30)
        until(lambda seen=before: done(product, backfill_id) > seen, "a part that ends afterwards", 30)
    # Then
    holds(product, backfill_id, number)


@pytest.mark.long
def test_a_backfill_goes_on_after_everything_was_killed_and_a_cancelled_one_does_not(product):
    # Given
    kept, given_up = begin(product, 20), begin(product, 20, order="newest", labels={"given": "up"})
    until(lambda: done(product, kept) >= 2, "two days")
    product.http.post(f"{product.url}/api/v1/backfills/{given_up}/cancel", timeout=30)
    # When
    product.process.kill()
    product.process.wait()
    product.start()
    # Then
    until(lambda: (show(product, kept) or {}).get("state") == "finished", "the end", 60)
    ended = until(lambda: _over(product, given_up), "the end of what was cancelled")
    assert show(product, kept)["counts"]["succeeded"] == 20
    assert ended["complete"] + ended["succeeded"] + ended["cancelled"] == 20
    assert ended["cancelled"] > 0
    assert len((product.folder / "ledger").read_text().split()) == 20


def _over(product, backfill_id):
    counts = show(product, backfill_id)["counts"]
    return counts if counts["started"] + counts["waiting"] == 0 else None
