"""The whole product keeps who wrote which target, by our targets and by stock ones, and verifies them in children."""

import re
import threading
from pathlib import Path

import pytest
import requests
from polling import until
from product import Product

from trigger_service.client import ApiError, Client

TASKS = '''
"""A stock task, one of ours that reads it, and one whose reading takes as long as a test wants."""
import os, signal, time
from pathlib import Path
import luigi
from targets import open_target

class Stock(luigi.Task):
    name = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget(f"out/stock-{self.name}")
    def run(self):
        with self.output().open("w") as file:
            file.write(self.name * 3)

class Ours(luigi.Task):
    name = luigi.Parameter()
    def requires(self):
        return Stock(self.name)
    def output(self):
        return open_target(f"out/ours-{self.name}")
    def run(self):
        with open_target(self.input().path).open("r") as source, self.output().open("w") as file:
            file.write(source.read())
        if self.name.startswith("killed") and not Path("died").exists():
            Path("died").touch()
            os.kill(os.getpid(), signal.SIGKILL)

class SlowFile:
    """Reads on until it is told to end."""
    def __enter__(self):
        return self
    def __exit__(self, *_):
        Path("left").touch()
    def read(self, size):
        Path("read").write_text(str(os.getpid()))
        time.sleep(0.01)
        return "" if Path("enough").exists() else "x" * 1000

class Slow(luigi.LocalTarget):
    def open(self, mode="r"):
        return SlowFile() if mode == "r" else super().open(mode)

class Endless(Stock):
    def output(self):
        return Slow("out/endless")
'''


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    made = Product(tmp_path_factory.mktemp("workshop"))
    (made.folder / "steps.py").write_text(TASKS)
    try:
        yield made.start()
    finally:
        made.end()


@pytest.fixture
def client(workshop):
    with Client(workshop.url) as made:
        yield made


def built(workshop, family, name, **more):
    run_id = workshop.trigger(family, name, **more)
    workshop.reaches(run_id, "succeeded", 30.0)
    return run_id


@pytest.mark.parametrize("workers", [1, 2])
def test_it_is_known_who_wrote_a_target_from_what_and_whether_it_is_still_so(workshop, client, workers):
    # Given what a run has written
    name = f"a{workers}"
    run_id = built(workshop, "Ours", name, workers=workers)
    stock, ours = (str(workshop.folder / "out" / f"{kind}-{name}") for kind in ("stock", "ours"))
    # Then it is known, ours with its checksum and what it has read, stock ones as far as a look tells
    shown = client.targets.show(ours)
    assert (shown["newest"]["run_id"], shown["newest"]["size"], shown["newest"]["observed"]) == (run_id, 6, False)
    assert [(source["url"], source["state"], source["run_id"]) for source in shown["inputs"]] == [
        (stock, "current", run_id)
    ]
    assert client.targets.show(stock)["newest"]["observed"]
    written = {item["target"]: item["written"] for item in client.outputs(run_id)["items"]}
    assert written[f"out/stock-{name}"]["url"] == stock
    assert written[f"out/ours-{name}"]["sha256"]
    # And reading it again tells whether it is as it was
    assert verdicts(client, run_id=run_id) == {ours: "ok", stock: "no_checksum"}
    Path(ours).write_text("other!")
    Path(stock).unlink()
    assert verdicts(client, run_id=run_id) == {ours: "changed", stock: "missing"}


def verdicts(client, url=None, **which):
    return {item["url"]: item["verdict"] for item in client.targets.verify(url, **which)["items"]}


def test_what_a_run_has_written_is_looked_into_by_its_own_code(workshop):
    # Given a run of two tasks, one with a target of ours
    run = built(workshop, "Ours", "seen")
    page = requests.get(f"{workshop.url}/runs/{run}", timeout=30).text
    looks = re.findall(r'href="(/runs/[^"]+/preview\?target=\d+)"', page)
    # When both are looked into
    pages = [requests.get(workshop.url + look, timeout=30).text for look in looks]
    # Then each shows its content, and one that is gone says so
    assert [re.search(r"<pre[^>]*>(.*?)</pre>", page)[1] for page in pages] == ["seenseenseen", "seenseenseen"]
    (workshop.folder / "out" / "ours-seen").unlink()
    assert "There is nothing in its place now." in requests.get(workshop.url + looks[0], timeout=30).text


def test_what_a_killed_attempt_has_written_is_on_record_once(workshop, client):
    # Given a run whose child is killed right after it has written, and takes up what is left in a second attempt
    run_id = built(workshop, "Ours", "killed", max_attempts=2)
    assert client.get(run_id)["attempts"] <= 2
    # Then each write is there once
    found = [(item["url"].rsplit("/", 1)[-1], item["attempt"]) for item in client.targets.list(run=run_id)["items"]]
    assert sorted(found) == [("ours-killed", 1), ("stock-killed", 1)]


def test_a_verification_ends_with_its_child_when_its_client_leaves(workshop, client):
    # Given a target whose reading goes on for ever
    built(workshop, "Endless", "e")
    url = str(workshop.folder / "out/endless")
    body, headers = {"url": url}, {"Accept": "text/event-stream"}
    with requests.post(
        f"{workshop.url}/api/v1/targets/verify", json=body, headers=headers, stream=True, timeout=30
    ) as answer:
        assert next(answer.iter_lines()).startswith(b"event: progress")
        # Then another one has to wait
        with pytest.raises(ApiError, match="verified already"):
            client.targets.verify(url)
        reader = int(until((workshop.folder / "read").read_text, "the reader has said who it is"))
    # When its client has left, its reader ends, and the next one's turn has come
    until(lambda: not Path(f"/proc/{reader}").exists(), "the reader has ended")
    threading.Timer(0.5, (workshop.folder / "enough").touch).start()
    until(lambda: _verdict(client, url) == "changed", "another one is made")


def _verdict(client, url):
    try:
        return verdicts(client, url)[url]
    except ApiError:
        return None
