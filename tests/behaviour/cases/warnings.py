"""Warnings, and Python's warnings turned into errors."""

import warnings

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Prints the first to standard error; the second is an error.",
    "reports": "The first is in the log; the task failed by the second.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "log": {"Root": ["UserWarning: mind the gap"]},
    "error": ["TaskFailed", "DeprecationWarning: old", "Root"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        warnings.warn("mind the gap", UserWarning, stacklevel=1)
        warnings.simplefilter("error")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
