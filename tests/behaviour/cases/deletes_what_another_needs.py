"""Two tasks need a third, and the first of them deletes its output."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Notices it, but does not build again what it has built within the last ten seconds.",
    "reports": "Builds it again and goes on; the rebuilt task has two executions.",
    "state": "succeeded",
    "tasks": {"done": 4},
    "ran": ["First", "Part", "Part", "Root", "Second"],
    "details": {"Part": {"executions": 2}},
    "plain_ran": ["First", "Part"],
    "plain_tasks": {"done": 2, "failed": 1, "pending": 1},
    "plain_face": ":(",
    "differing": ["Part", "Root", "Second"],
}


class Part(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


class First(Part):
    priority = 10

    def requires(self):
        return Part()

    def run(self):
        write(self)
        self.input().remove()


class Second(Part):
    def requires(self):
        return Part()


class Root(Part):
    def requires(self):
        return [First(), Second()]
