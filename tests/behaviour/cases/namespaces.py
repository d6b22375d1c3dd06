"""Namespaces, of the module and of single classes; the same class name in two of them."""

import luigi

from cases.ledger import place, write

luigi.namespace("behaviour.inner", scope=__name__)

EXPECT = {
    "plain": "Runs three tasks, told apart by their namespaces.",
    "reports": "The same, each under its whole family.",
    "root": "behaviour.Root",
    "namespaced": False,
    "state": "succeeded",
    "tasks": {"done": 3},
    "ran": ["Part", "Part", "Root"],
}


class Part(luigi.Task):
    def output(self):
        return place(self, f"{self.task_family}.txt")

    def run(self):
        write(self, f"{self.task_family}.txt")


InnerPart = Part


class Part(InnerPart):
    task_namespace = "behaviour.outer"


class Root(InnerPart):
    task_namespace = "behaviour"

    def requires(self):
        return [InnerPart(), Part()]
