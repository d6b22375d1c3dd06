"""A task that changes os.environ: the next one sees it with one worker."""

import os

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "The next task in the same process sees it.",
    "reports": "The same.",
    "state": "succeeded",
    "tasks": {"done": 2},
    "ran": ["Root sees blue", "Sets sees None"],
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
