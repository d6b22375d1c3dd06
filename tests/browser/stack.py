"""`luigi-trigger up` as somebody starts it who has flights to report on, and what happens to them meanwhile."""

import contextlib
import shutil
from pathlib import Path

from polling import until
from product import Up

from trigger_service.client import Client

SETTINGS = """
[trigger_service]
port = 0
luigid_port = 0
requests_per_second = 0
modules = tasks.flights, tasks.examples, vigil

[flights]
archive = archive.tar.gz

[inbox:in]
url = in

[pool:warehouse]
slots = 2
"""
VIGIL = '''
"""What lasts until somebody ends it."""

import time

import luigi


class Vigil(luigi.Task):
    """Watches the sky over an airport, hour by hour."""

    airport = luigi.Parameter(default="JFK", description="where to watch")

    def output(self):
        return luigi.LocalTarget(f"data/vigil/{self.airport}.txt")

    def run(self):
        for minute in range(3600):
            print(f"{self.airport}: nothing seen in minute {minute}", flush=True)
            time.sleep(1)
'''
PROJECT = Path(__file__).parents[2]
#: A line that is no departure, since there is no such day.
NO_DAY = b"2013,2,x,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-02-01T10:00:00Z\n"


class Stack(Up):
    """The real command on a project of its own, with a copy of our pipelines, and a task that never ends."""

    def __init__(self, folder, archive):
        """`archive` is that of the flights, which is not fetched again."""
        super().__init__(folder)
        (folder / "luigi.cfg").write_text(SETTINGS)
        (folder / "vigil.py").write_text(VIGIL)
        (folder / "in").mkdir()
        (folder / "archive.tar.gz").symlink_to(archive)
        shutil.copytree(PROJECT / "tasks", folder / "tasks", ignore=shutil.ignore_patterns("__pycache__"))
        self._reports = {}

    def client(self):
        """A client, to be closed."""
        return Client(self.url)

    def report(self, **parameters):
        """The id of a run of FlightsReport that has succeeded; the same for the same `parameters`."""
        asked = tuple(sorted(parameters.items()))
        if asked not in self._reports:
            run_id = self.trigger_with("FlightsReport", parameters, workers=2)
            self.reaches(run_id, "succeeded", 240)
            self._reports[asked] = run_id
        return self._reports[asked]

    def ended(self, run_id, seconds=120):
        """The run when it is final."""
        until(lambda: self.state(run_id) in ("succeeded", "failed", "cancelled"), f"{run_id} ends", seconds)
        return self.get(f"/runs/{run_id}")

    def end(self):
        """End it, after what would go on without it."""
        live = self.get("/runs?state=running")["items"] if self.is_up() else []
        for run in live:
            self.http.post(f"{self.url}/api/v1/runs/{run['id']}/cancel", timeout=30)
            self.ended(run["id"])
        super().end()

    @contextlib.contextmanager
    def damaged(self):
        """While this lasts, the departures have a line of no day; gives what puts it right before the end."""
        raw = Path(self.folder, "data", "flights", "raw", "flights.csv")
        kept = raw.with_name("flights.kept")
        shutil.copyfile(raw, kept)
        header, _, rest = raw.read_bytes().partition(b"\n")
        raw.write_bytes(header + b"\n" + NO_DAY + rest)
        try:
            yield lambda: shutil.copyfile(kept, raw)
        finally:
            kept.replace(raw)
