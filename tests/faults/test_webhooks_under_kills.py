"""Webhooks of the real product, killed wherever a delivery becomes a run: each that was accepted is one run, once."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from polling import until
from product import Product

from trigger_service.domain.signatures import WebhookSource, sign

pytestmark = pytest.mark.timeout(180)

ARRIVAL = """
import luigi

class Arrival(luigi.Task):
    name = luigi.Parameter()
    size = luigi.IntParameter(default=0)
    def output(self):
        return luigi.LocalTarget(f"arrivals/{self.name}")
    def run(self):
        with open("ledger", "a") as ledger:
            ledger.write(f"{self.name}\\n")
        self.output().open("w").close()
"""
SECRET = "what only the sender and the service know"
SENDERS = 4


@pytest.fixture
def receiving(tmp_path):
    """`up` with a webhook."""
    product = Product(tmp_path)
    product.armed = tmp_path / "armed"
    product.armed.mkdir()
    product.set("LUIGI_TRIGGER_FAIL_POINTS", str(product.armed))
    product.configure("requests_per_second = 0")
    with (tmp_path / "steps.py").open("a") as steps:
        steps.write(ARRIVAL)
    try:
        product.start()
        body = {
            "source": {"kind": "webhook", "scheme": "github"},
            "pipeline": "Arrival",
            "mapping": {"name": "/name", "size": {"pointer": "/size", "default": 0}},
            "secret": SECRET,
        }
        saved = product.http.put(f"{product.url}/api/v1/sensors/arrivals", json=body, timeout=30)
        assert saved.status_code == 200, saved.text
        yield product
    finally:
        product.end()


def points():
    """The fail points that are reached here, where a delivery becomes a run."""
    return ["before a submission is stored", "before a submission is committed", "after a submission is stored"]


def post(product, name, **more):
    """Deliver once, under an id that is the name."""
    body = json.dumps({"name": name, **more}).encode()
    headers = {"Content-Type": "application/json", **sign(WebhookSource("github"), SECRET, body, name, 0)}
    return requests.post(f"{product.url}/hooks/arrivals", data=body, headers=headers, timeout=30)


def delivered(product, name):
    """Deliver as senders do: again and again, until it is accepted; gives the run."""

    def accepted():
        try:
            answer = post(product, name)
        except (OSError, KeyError):
            return None
        return answer.json()["run_id"] if answer.status_code == 202 else None

    return until(accepted, f"an answer to {name}", 60)


@pytest.mark.parametrize(
    "killed_at",
    [["after a submission is stored"], pytest.param(points(), marks=pytest.mark.long)],
    ids=["once", "all"],
)
def test_each_delivery_that_was_accepted_is_one_run_although_the_service_is_killed(receiving, killed_at):
    # Given several that deliver at once, and one that the pipeline's own class refuses
    refused = post(receiving, "refused", size="many")
    assert (refused.status_code, "size" in refused.json()["detail"]) == (422, True)
    numbers = itertools.count()
    runs = {}
    with ThreadPoolExecutor(SENDERS) as senders:

        def deliver_some(number):
            names = [f"d{next(numbers)}" for _ in range(number)]
            runs.update(zip(names, senders.map(lambda name: delivered(receiving, name), names), strict=True))

        deliver_some(SENDERS)
        # When the service dies where a delivery becomes a run, and then the supervisor with everything
        for name in killed_at:
            (receiving.armed / name).touch()
            deliver_some(2 * SENDERS)
            assert not (receiving.armed / name).exists()
        if len(killed_at) > 1:
            receiving.process.kill()
            receiving.process.wait()
            receiving.start()
            deliver_some(SENDERS)
        # Then what comes again is the same run
        assert {name: delivered(receiving, name) for name in runs} == runs
    for run_id in runs.values():
        receiving.reaches(run_id, "succeeded")
    kept = receiving.get("/runs?limit=500")["items"]
    assert sorted(run["id"] for run in kept) == sorted(runs.values())
    assert {run["trigger"]["kind"] for run in kept} == {"webhook"}
    assert sorted((receiving.folder / "ledger").read_text().split()) == sorted(runs)
