"""Dependencies found while running, a failure, and a retry.

    luigi --module tasks.examples.retries Retries --local-scheduler --scheduler-retry-delay 1 --worker-keep-alive

Stock Luigi retries a failed task only while its worker stays alive, and only after `retry_delay` (15 minutes unless
set), hence the two options; without them the run ends at the failure and the next run goes on from there.
"""

from pathlib import Path

import luigi

ROOT = luigi.Parameter(default="data/examples", significant=False, description="folder of the outputs")


class ShakyService(Exception):
    """The service did not answer. It will at the next attempt."""


def number_in(target):
    """Read the one number in a file."""
    with target.open("r") as file:
        return int(file.read())


class Part(luigi.Task):
    """One of the parts that only a running task knows it needs."""

    number = luigi.IntParameter(description="number of the part, from 1")
    root = ROOT

    def output(self):
        return luigi.LocalTarget(Path(self.root, "retries", f"part-{self.number}.txt"))

    def run(self):
        with self.output().open("w") as file:
            file.write(f"{self.number**2}\n")


class ShakySum(luigi.Task):
    """Adds up the parts; fails on its first attempt and succeeds on the second."""

    parts = luigi.IntParameter(description="number of parts")
    root = ROOT
    retry_count = 2  # failures after which Luigi gives up

    def requires(self):
        return [Part(number=number, root=self.root) for number in range(1, self.parts + 1)]

    def output(self):
        return luigi.LocalTarget(Path(self.root, "retries", f"sum-of-{self.parts}.txt"))

    def run(self):
        tried = Path(self.root, "retries", f"sum-of-{self.parts}.tried")
        if not tried.exists():
            tried.touch()
            raise ShakyService(ShakyService.__doc__)
        with self.output().open("w") as file:
            file.write(f"{sum(map(number_in, self.input()))}\n")
        tried.unlink()


class Retries(luigi.Task):
    """Finds out while running how many parts there are, then waits for a sum that fails once."""

    start = luigi.NumericalParameter(
        var_type=int, min_value=1, max_value=100, default=5, description="number of the first part (1 to 99)"
    )
    root = ROOT

    def output(self):
        return luigi.LocalTarget(Path(self.root, "retries", f"result-{self.start}.txt"))

    def run(self):
        first = yield Part(number=self.start, root=self.root)
        parts = number_in(first) % 10 + 1  # known only now
        total = yield ShakySum(parts=parts, root=self.root)
        with self.output().open("w") as file:
            file.write(f"{parts} parts, sum {number_in(total)}\n")
