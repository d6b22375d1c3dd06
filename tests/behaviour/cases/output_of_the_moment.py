"""A required task whose output is called otherwise each time it is asked."""

import itertools

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Tries for ever.",
    "reports": "Failed: the dependency is not fulfilled at run time, after it was run once more.",
    "state": "failed",
    "tasks": {"done": 1, "failed": 1},
    "ran": ["Now", "Now"],
    "error": ["TaskFailed", "Unfulfilled dependency at run time", "Root"],
    "plain_ran": ["Now"],
    "plain_exit": None,
    "plain_face": None,
}

moments = itertools.count()


class Now(luigi.Task):
    def output(self):
        return place(self, f"at-{next(moments)}")

    def run(self):
        note(self)


class Root(luigi.Task):
    def requires(self):
        return Now()

    def output(self):
        return place(self)

    def run(self):
        write(self)
