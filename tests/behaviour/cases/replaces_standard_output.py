"""A task that puts something else in the place of sys.stdout and sys.stderr, and leaves it there."""

import io
import sys

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "What is printed afterwards goes there.",
    "reports": "The same; the worker does not mind that they are closed.",
    "state": "succeeded",
    "tasks": {"done": 2},
    "ran": ["Replaces", "Root"],
    "log": {"Replaces": ["before"]},
}


class Replaces(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        print("before", flush=True)
        sys.stdout = io.StringIO()
        sys.stderr = io.StringIO()
        print("nobody sees this")
        write(self)
        sys.stderr.close()
        sys.stdout = None


class Root(Replaces):
    def requires(self):
        return Replaces()

    def run(self):
        print("nor this")
        write(self)
