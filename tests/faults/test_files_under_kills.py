"""File sensors of the real product, killed wherever a file becomes a run: each file is one run, executed once."""

import itertools

import pytest
from polling import until
from product import Product

pytestmark = pytest.mark.timeout(180)

TAKE = """
import luigi

class Take(luigi.Task):
    number = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget(f"taken/{self.number}")
    def run(self):
        with open("ledger", "a") as ledger:
            ledger.write(f"{self.number}\\n")
        self.output().open("w").close()
"""
SOURCE = {"kind": "file", "inbox": "in", "pattern": r"(?P<number>\d+)", "settle_s": 0.1, "poll_s": 1}


@pytest.fixture
def watching(tmp_path):
    """`up` with a sensor that takes what arrives in the folder `in`."""
    product = Product(tmp_path, "[inbox:in]\nurl = in\n")
    product.armed = tmp_path / "armed"
    product.armed.mkdir()
    (tmp_path / "in").mkdir()
    product.set("LUIGI_TRIGGER_FAIL_POINTS", str(product.armed))
    with (tmp_path / "steps.py").open("a") as steps:
        steps.write(TAKE)
    try:
        product.start()
        body = {"pipeline": "Take", "source": SOURCE}
        answer = product.http.put(f"{product.url}/api/v1/sensors/arrivals", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        yield product
    finally:
        product.end()


def points():
    """The fail points that are reached here, where a file becomes a run."""
    return [
        "after arrived files are recorded",
        "before taken files are committed",
        "between taken files and their runs",
        "before a submission is committed",
    ]


@pytest.mark.parametrize(
    "names",
    [["between taken files and their runs"], pytest.param(points(), marks=pytest.mark.long)],
    ids=["one", "all"],
)
def test_each_file_is_one_run_although_the_service_is_killed(watching, names):
    numbers = itertools.count()
    put = []

    def arrive(count):
        for number in itertools.islice(numbers, count):
            (watching.folder / "in" / str(number)).touch()
            put.append(str(number))

    # Given some files
    arrive(2)
    until(lambda: len(_started(watching)) == 2, "the first runs")
    # When others arrive, and the service dies wherever one of them becomes a run, and then everything
    for name in names:
        (watching.armed / name).touch()
        arrive(2)
        until(lambda armed=name: not (watching.armed / armed).exists(), name)
        arrive(2)
        until(lambda: len(_started(watching)) == len(put), f"runs after {name}")
    watching.process.kill()
    watching.process.wait()
    arrive(2)
    watching.start()
    until(lambda: len(_started(watching)) == len(put), "the last runs")
    # Then each is one run, which was executed once
    started = _started(watching)
    assert len(set(started.values())) == len(started) == len(put)
    for run_id in started.values():
        watching.reaches(run_id, "succeeded")
    assert sorted((watching.folder / "ledger").read_text().split()) == sorted(put)


def _started(product):
    """The runs of files, by the key of their delivery."""
    try:
        found = product.get("/sensors/arrivals/deliveries?limit=500")["items"]
    except (OSError, ValueError, KeyError):
        return {}
    return {each["key"]: each["run_id"] for each in found if each["state"] == "started"}
