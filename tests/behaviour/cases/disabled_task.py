"""A task that its class has disabled."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Does not run it, nor what needs it; exits with 0.",
    "reports": "Failed: the disabled task is named.",
    "state": "failed",
    "tasks": {"disabled": 1, "pending": 1},
    "ran": [],
    "error": ["TaskDisabled", "Off__99914b932b is disabled, so what needs it cannot run", "Off"],
    "plain_face": ":|",
}


class Off(luigi.Task):
    disabled = True

    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(luigi.Task):
    def requires(self):
        return Off()

    def output(self):
        return place(self)

    def run(self):
        write(self)
