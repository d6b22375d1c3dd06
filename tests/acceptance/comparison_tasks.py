"""Stock Luigi tasks of the kinds that a comparison of orchestrators asks about. Each notes its start and its end."""

import json
import os
import time
from pathlib import Path

import luigi

RESULTS = Path("out")


def note(moment, task):
    """One line of the ledger: whether a task begins or ends, which, and when."""
    line = json.dumps([moment, str(task), time.time()]) + "\n"
    ledger = os.open("ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(ledger, line.encode())
    finally:
        os.close(ledger)


class Noted(luigi.Task):
    """A task with one small result, which `work` gives."""

    def output(self):
        return luigi.LocalTarget(RESULTS / f"{self.task_id}.json")

    def run(self):
        note("start", self)
        result = self.work()
        with self.output().open("w") as file:
            json.dump(result, file)
        note("end", self)

    def work(self):
        return None

    @staticmethod
    def read(target):
        with target.open() as file:
            return json.load(file)


class Now(Noted):
    """Has to do with no date at all."""

    what = luigi.Parameter()


class Meets(Noted):
    """Ends only when the one that it is to meet has started too."""

    name = luigi.Parameter()
    other = luigi.Parameter()

    def work(self):
        while f"Meets(name={self.other}," not in Path("ledger").read_text():
            time.sleep(0.01)


class Measured(Noted):
    """How many rows a delivery has."""

    rows = luigi.IntParameter()

    def work(self):
        return self.rows


class Loaded(Noted):
    rows = luigi.IntParameter()


class Split(Loaded):
    """A large delivery, in two halves of which each is loaded."""

    def requires(self):
        return [Loaded(rows=self.rows // 2), Loaded(rows=self.rows - self.rows // 2)]


class Quarantined(Noted):
    rows = luigi.IntParameter()


class Judged(Noted):
    """Takes one of three ways, by what was measured."""

    rows = luigi.IntParameter()

    def requires(self):
        return Measured(rows=self.rows)

    def run(self):
        measured = self.read(self.input())
        way = Quarantined if measured == 0 else Loaded if measured < 100 else Split
        yield way(rows=self.rows)
        note("start", self)
        with self.output().open("w") as file:
            json.dump(way.__name__, file)
        note("end", self)


class Delivery(Noted):
    """Brings the ways together again, and publishes only what was loaded."""

    rows = luigi.IntParameter()

    def requires(self):
        return {"judged": Judged(rows=self.rows), "measured": Measured(rows=self.rows)}

    def work(self):
        return {name: self.read(target) for name, target in self.input().items()}


class Small(Noted):
    number = luigi.IntParameter()


class Many(Noted):
    """Requires many tasks that each take next to no time."""

    count = luigi.IntParameter()

    def requires(self):
        return [Small(number=number) for number in range(self.count)]


class Numbers(Noted):
    """Data that is made in one step."""

    count = luigi.IntParameter()

    def work(self):
        return list(range(self.count))


class Total(Noted):
    """Data that another step works on."""

    count = luigi.IntParameter()

    def requires(self):
        return Numbers(count=self.count)

    def work(self):
        return sum(self.read(self.input()))


class Tree(Noted):
    """Its parameters say what the graph looks like."""

    depth = luigi.IntParameter()
    width = luigi.IntParameter()
    path = luigi.Parameter(default="")

    def requires(self):
        if self.depth == 0:
            return []
        return [Tree(self.depth - 1, self.width, path=f"{self.path}{number}") for number in range(self.width)]


class Found(Noted):
    """Tells what there is: names that nobody knew before."""

    seed = luigi.IntParameter()

    def work(self):
        return [f"part-{number}" for number in range(self.seed % 4 + 2)]


class Part(Noted):
    """Knows only when it runs of what it consists."""

    name = luigi.Parameter()

    def run(self):
        if not self.name.endswith("-piece"):
            yield [Part(name=f"{self.name}-{letter}-piece") for letter in "ab"]
        super().run()


class Whole(Noted):
    """Requires what is found while it runs."""

    seed = luigi.IntParameter()

    def run(self):
        found = yield Found(seed=self.seed)
        parts = yield [Part(name=name) for name in self.read(found)]
        note("start", self)
        with self.output().open("w") as file:
            json.dump(len(parts), file)
        note("end", self)
