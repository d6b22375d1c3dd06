"""A task whose class says what its family is."""

import luigi

from cases.ledger import place, write

EXPECT = {
    "plain": "Goes by the family that it gives.",
    "reports": "The same.",
    "root": "behaviour_family_of_its_own",
    "namespaced": False,
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root"],
}


class Root(luigi.Task):
    @classmethod
    def get_task_family(cls):
        return "behaviour_family_of_its_own"

    def output(self):
        return place(self)

    def run(self):
        write(self)
