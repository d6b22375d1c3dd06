"""A password in the URL of a target of a real run: who knows it can name the target by it, and nobody learns it."""

import re
from urllib.parse import quote

import pytest
import requests
from polling import until
from product import Product

from trigger_service.client import ApiError, Client

SECRETS = ("pa55word", "5ecret")
pytestmark = pytest.mark.long
URL = "postgresql://ada:pa55word@db.example/shop?token=5ecret#orders"
SHOWN = "postgresql://...@db.example/shop?token=...#orders"
TASKS = """
import os
import luigi

class Guarded(luigi.LocalTarget):
    @property
    def url(self):
        return f"postgresql://ada:pa55word@db.example/shop?token=5ecret#{os.path.basename(self.path)}"
    uri = url

class Orders(luigi.Task):
    def output(self):
        return Guarded("out/orders")
    def run(self):
        with self.output().open("w") as file:
            file.write("orders")

class Report(luigi.Task):
    def requires(self):
        return Orders()
    def output(self):
        return luigi.LocalTarget("out/report")
    def run(self):
        with self.output().open("w") as file:
            file.write("report")

class Forgets(luigi.Task):
    def output(self):
        return Guarded("out/forgotten")
    def run(self):
        pass

class Given(luigi.ExternalTask):
    def output(self):
        return Guarded("out/given")

class NeedsGiven(luigi.Task):
    def requires(self):
        return Given()
    def output(self):
        return luigi.LocalTarget("out/made-of-given")
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A service in which a target with a password has been written, read, declared, missed, moved and put back."""
    made = Product(tmp_path_factory.mktemp("shop"), "requests_per_second = 0\n")
    (made.folder / "steps.py").write_text(TASKS)
    try:
        yield made.start()
    finally:
        made.end()


@pytest.fixture(scope="module")
def done(shop):
    """Ids of runs by pipeline, and of an operation."""
    ids = {name: shop.trigger_with(name, {}) for name in ("Report", "Forgets", "NeedsGiven")}
    for name, run_id in ids.items():
        shop.reaches(run_id, "succeeded" if name == "Report" else "failed")
    until(lambda: shop.get("/targets?q=orders")["items"], "the write is on record")
    moved = post(shop, "/targets/invalidate", urls=[URL])
    until(lambda: shop.get(f"/operations/{moved['id']}")["state"] == "moved", "it is moved")
    post(shop, f"/operations/{moved['id']}/undo")
    until(lambda: shop.get(f"/operations/{moved['id']}")["state"] == "undone", "it is back")
    return {**ids, "operation": moved["id"]}


def post(shop, path, **body):
    answer = requests.post(f"{shop.url}/api/v1{path}", json=body, timeout=30)
    assert answer.ok, answer.text
    assert not leaks(answer.text)
    return answer.json()


def leaks(text):
    return [secret for secret in SECRETS if secret in text]


def api_addresses(shop, done):
    """Every GET route of the API, about what is known of the target."""
    values = {"run_id": done["Report"], "operation_id": done["operation"], "family": "Orders", "a": done["Report"]}
    values["b"] = done["Forgets"]
    for path, about in requests.get(f"{shop.url}/api/v1/openapi.json", timeout=10).json()["paths"].items():
        if "get" in about and path.startswith("/api/v1") and set(re.findall(r"\{(\w+)\}", path)) <= set(values):
            yield path.format(**values)
    for name in ("Forgets", "NeedsGiven"):
        yield from (f"/api/v1/runs/{done[name]}{part}" for part in ("", "/tasks", "/targets", "/events", "/logs.txt"))
    for url in (URL, SHOWN):
        yield from (f"/api/v1/targets/{part}?url={quote(url, safe='')}" for part in ("show", "lineage"))
    yield from ("/api/v1/targets?q=orders", "/api/v1/audit", f"/api/v1/operations/{done['operation']}/items")


def page_addresses(done):
    for name in ("Report", "Forgets", "NeedsGiven"):
        yield from (f"/runs/{done[name]}{more}" for more in ("", "/log", "?as=csv", "?as=json", "?view=table"))
    for url in (URL, SHOWN):
        yield f"/targets?url={quote(url, safe='')}"
    yield from ("/", "/runs", "/runs?as=csv", "/targets", "/targets?as=json", "/search?q=orders", "/operations")
    yield from (f"/operations/{done['operation']}", "/operations?as=csv", "/settings/audit", "/logs?q=orders")
    yield from (f"/compare/{done['Report']}/{done['Forgets']}", "/pipelines/Orders", "/targets/invalidate")


def test_a_password_in_the_url_of_a_target_is_in_no_answer(shop, done):
    # When everything is asked for, whatever it answers
    told = {}
    for address in (*api_addresses(shop, done), *page_addresses(done)):
        with requests.get(shop.url + address, timeout=30, stream=address.endswith("/events")) as answer:
            told[address] = answer.text + str(answer.headers)
            assert answer.status_code < 500, address
    # Then
    asked = {address: text.replace(quote(URL, safe=""), "") for address, text in told.items()}
    assert {address: leaks(text) for address, text in asked.items() if leaks(text)} == {}
    # And it was told of, by what of it may be shown
    about = [address for address, text in told.items() if "...@db.example/shop" in text]
    for part in ("/tasks", "/targets", "/targets/show", "/targets/lineage", "/items"):
        assert any(part in address for address in about), (part, about)


def test_it_is_in_no_plan_verification_or_consequences(shop, done):
    plans = [post(shop, "/plans", pipeline=name) for name in ("Report", "Forgets", "NeedsGiven")]
    assert "postgresql://...@db.example" in str(plans)
    assert SHOWN in str(post(shop, "/targets/verify", url=URL))
    assert SHOWN in str(post(shop, "/targets/plan", urls=[URL]))
    assert SHOWN in str(post(shop, "/targets/plan", run={"run_id": done["Report"]}))


def test_the_target_is_found_by_its_url_and_by_what_of_it_is_shown(shop, done):
    with Client(shop.url) as client:
        whole, shown = (client.targets.show(url) for url in (URL, SHOWN))
        assert whole == shown
        assert shown["newest"]["url"] == SHOWN
        assert client.targets.lineage(SHOWN)["nodes"] == client.targets.lineage(URL)["nodes"]
    plans = [post(shop, "/targets/plan", urls=[url]) for url in (URL, SHOWN)]
    assert plans[0] == plans[1]
    assert "Orders" in [task["family"] for task in plans[0]["tasks"]]
    # And not by what nobody is told of it
    assert shop.get("/targets?q=pa55")["items"] == []
    with Client(shop.url) as client, pytest.raises(ApiError) as refused:
        client.targets.show(URL.replace("pa55word", "guessed"))
    assert not leaks(str(refused.value))


def test_it_is_in_no_line_of_the_services_log(shop, done):
    requests.get(f"{shop.url}/api/v1/targets/show", params={"url": URL + "x", "limit": "bad"}, timeout=10)
    assert leaks("".join(file.read_text() for file in shop.home.glob("logs/*"))) == []
    assert leaks(shop.said()) == []
