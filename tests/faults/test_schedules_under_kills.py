"""Schedules and pipelines that follow them in the real product, killed wherever a run is started: each once."""

import time

import pytest
from polling import until
from product import Product

from trigger_service.client import Client

pytestmark = pytest.mark.timeout(180)

TICK = """
import luigi

class Tick(luigi.Task):
    at = luigi.DateSecondParameter()
    def output(self):
        return luigi.LocalTarget(f"{self.task_family}/{self.at:%Y-%m-%dT%H%M%S}")
    def run(self):
        with open(f"ledger-{self.task_family}", "a") as ledger:
            ledger.write(f"{self.at:%Y-%m-%dT%H:%M:%S}\\n")
        self.output().open("w").close()

class Tock(Tick):
    pass
"""


@pytest.fixture
def ticking(tmp_path):
    """`up` with a schedule that fires each second, and a pipeline that follows its runs."""
    product = Product(tmp_path)
    product.armed = tmp_path / "armed"
    product.armed.mkdir()
    product.set("LUIGI_TRIGGER_FAIL_POINTS", str(product.armed))
    with (tmp_path / "steps.py").open("a") as steps:
        steps.write(TICK)
    try:
        product.start()
        with Client(product.url) as client:
            source = {"kind": "pipeline", "pipelines": ["Tick"]}
            follows = {"pipeline": "Tock", "source": source, "mapping": {"at": "/parameters/at"}}
            client.sensors.save("follows", body=follows)
            timing = {"kind": "interval", "expression": "1 second", "misfire": "all"}
            asked = {"pipeline": "Tick", "timing": timing, "parameters": {"at": "{{ fire_time | second }}"}}
            client.schedules.save("tick", body=asked)
        yield product
    finally:
        product.end()


def started(product):
    """The fires that have their runs, by time."""
    return {fire["at"]: fire["run_id"] for fire in _fires(product) if fire["state"] == "started"}


def ledger(product, family):
    file = product.folder / f"ledger-{family}"
    return file.read_text().splitlines() if file.exists() else []


def points():
    """The fail points that are reached here, where a fire becomes a run."""
    return [
        "between recorded fires and their runs",
        "between recorded successes and the runs that they start",
        "before a submission is stored",
        "before a submission is committed",
        "after a submission is stored",
    ]


def goes_on(product, after):
    """Wait until a fire after that time has its run."""
    until(lambda: _answers(product) and max(started(product), default=0) > after, f"a fire after {after}", 30)


@pytest.mark.long
def test_each_fire_is_one_run_although_the_service_and_the_supervisor_are_killed(ticking):
    # Given some fires
    until(lambda: len(started(ticking)) >= 2, "two fires")
    # When the service dies wherever a fire becomes a run, and then the supervisor with everything
    for name in points():
        (ticking.armed / name).touch()
        until(lambda armed=name: not (ticking.armed / armed).exists(), name)
        goes_on(ticking, time.time())
    ticking.process.kill()
    ticking.process.wait()
    down = time.time()
    until(lambda: time.time() > down + 2.5, "some fires that nobody keeps")
    ticking.start()
    goes_on(ticking, down + 3)
    # Then no second was left out, and none was fired twice
    ticking.http.patch(f"{ticking.url}/api/v1/schedules/tick", json={"paused": True}, timeout=30)
    until(lambda: all(fire["state"] != "pending" for fire in _fires(ticking)), "all runs")
    fired = started(ticking)
    assert sorted(fired) == list(range(min(fired), max(fired) + 1))
    assert len(set(fired.values())) == len(fired)
    for run_id in fired.values():
        ticking.reaches(run_id, "succeeded")
    assert len(ledger(ticking, "Tick")) == len(set(ledger(ticking, "Tick"))) == len(fired)
    # And each success has been followed once
    until(lambda: len(ledger(ticking, "Tock")) >= len(fired), "what follows")
    until(lambda: ticking.get("/runs?state=queued&state=starting&state=running")["items"] == [], "no run")
    assert sorted(ledger(ticking, "Tock")) == sorted(ledger(ticking, "Tick"))


def _fires(product):
    return product.get("/schedules/tick/fires?limit=500")["items"]


def _answers(product):
    try:
        return product.http.get(f"{product.url}/healthz", timeout=30).status_code == 200
    except OSError:
        return False
