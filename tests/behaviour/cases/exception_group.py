"""An error of several errors, and a warning that is logged with its traceback."""

import logging
import sys

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Logs it; exits with 0.",
    "reports": "The message is the error's own line; all of them stand in the traceback.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "error": ["TaskFailed", "several sources failed", "Root"],
    "log": {"Root": ["one of them: ValueError('north')"]},
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        errors = [ValueError("north"), KeyError("south")]
        logging.getLogger("behaviour").warning("one of them: %r", errors[0])
        if sys.version_info >= (3, 11):
            raise ExceptionGroup("several sources failed", errors)
        raise RuntimeError("several sources failed")
