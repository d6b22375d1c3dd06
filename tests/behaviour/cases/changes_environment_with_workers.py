"""A task that changes os.environ, with two workers: each task has a process of its own."""

import os

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "The next task does not see it.",
    "reports": "The same.",
    "workers": 2,
    "state": "succeeded",
    "tasks": {"done": 2},
    "ran": ["Root sees None", "Sets sees None"],
}


class Sets(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self, f"sees {os.environ.get('BEHAVIOUR_COLOUR')}")
        os.environ["BEHAVIOUR_COLOUR"] = "blue"
        self.output().open("w").close()


class Root(Sets):
    def requires(self):
        return Sets()
